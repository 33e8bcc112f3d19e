# SPDX-License-Identifier: GPL-2.0-or-later
# A link to the outside, and nobody says to what.
# expect: ^ENOENT ns/net-1: link eth0: external lan, the other end of it: say what takes its place
. "$(dirname "$0")/net.bash"
net_file 'link name' '2 eth0 veth 0 0 lan up 1500 1000 0 020000000001 0 - -'
