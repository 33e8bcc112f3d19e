# SPDX-License-Identifier: GPL-2.0-or-later
# A rule of routing with half an attribute.
# expect: ^EINVAL ns/net-1: rule or neighbour 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'kind family attrs' 'rule 2 02000000fe'
