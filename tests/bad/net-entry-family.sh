# SPDX-License-Identifier: GPL-2.0-or-later
# A neighbour of a family that has none.
# expect: ^EINVAL ns/net-1: rule or neighbour 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'kind family attrs' 'neighbour 7 070000000200000080000000'
