# SPDX-License-Identifier: GPL-2.0-or-later
# An address of a link that is not there.
# expect: ^EINVAL ns/net-1: link address 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'link family' '2 2 0a000001000000000000000000000000 0a000001000000000000000000000000 24 0 - 00000000 - 0'
