# SPDX-License-Identifier: GPL-2.0-or-later
# A veth link whose other end is nowhere.
# expect: ^EINVAL ns/net-1: link 2: its other end is not there
. "$(dirname "$0")/net.bash"
net_file 'link name' '2 eth0 veth 7 0 - up 1500 1000 0 020000000001 0 - -'
