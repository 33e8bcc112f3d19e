# SPDX-License-Identifier: GPL-2.0-or-later
# A route with attributes that are no digits.
# expect: ^EINVAL ns/net-1: route 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'family dst' '2 00000000000000000000000000000000 0 0a000001000000000000000000000000 1 254 3 0 1 0 0 00000000000000000000000000000000 0 0 08000x00'
