# SPDX-License-Identifier: GPL-2.0-or-later
# A link that is made with half an attribute.
# expect: ^EINVAL ns/net-1: link 2: attributes that no link has
. "$(dirname "$0")/net.bash"
net_file 'link name' '2 br0 bridge 0 0 - up 1500 1000 0 020000000001 0 0800 -'
