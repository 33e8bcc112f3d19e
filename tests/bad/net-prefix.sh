# SPDX-License-Identifier: GPL-2.0-or-later
# An address with a longer prefix than it is long.
# expect: ^EINVAL ns/net-1: address 0: 
. "$(dirname "$0")/net.bash"
net_file 'family addr' '2 7f000001000000000000000000000000 33 254'
