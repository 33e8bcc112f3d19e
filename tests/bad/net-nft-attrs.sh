# SPDX-License-Identifier: GPL-2.0-or-later
# A table of nftables whose attributes are no hexadecimal digits.
# expect: ^EINVAL ns/net-1: nftables row 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'kind family table' 'table inet f - 1 0 0xyz'
