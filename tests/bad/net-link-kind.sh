# SPDX-License-Identifier: GPL-2.0-or-later
# A link of a kind that cannot be made.
# expect: ^EINVAL ns/net-1: link 2: of no kind that can be made
. "$(dirname "$0")/net.bash"
net_file 'link name' '2 eth0 bond 0 0 - up 1500 1000 0 020000000001 0 - -'
