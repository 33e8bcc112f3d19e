# SPDX-License-Identifier: GPL-2.0-or-later
# A table of nftables with a handle that nobody comes to.
# expect: ^EINVAL ns/net-1: nftables row 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'kind family table' 'table inet f - 99999999999 0 0800020000000000'
