# SPDX-License-Identifier: GPL-2.0-or-later
# A link that is a port of one that is no bridge.
# expect: ^EINVAL ns/net-1: link 3: its master is not there
. "$(dirname "$0")/net.bash"
net_file 'link name' '2 i0 ifb 0 0 - up 1500 32 0 020000000001 0 - -\n3 i1 ifb 0 0 - up 1500 32 0 020000000002 2 - -'
