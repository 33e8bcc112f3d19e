# SPDX-License-Identifier: GPL-2.0-or-later
# A rule of nftables before any table.
# expect: ^EINVAL ns/net-1: nftables row 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'kind family table' 'rule inet f in 1 0 00'
