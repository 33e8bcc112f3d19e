# SPDX-License-Identifier: GPL-2.0-or-later
# A link of the mounter that would go with its descriptor.
# expect: ^EINVAL files/3: tun: there is no such link
printf 'type tun\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\npath /dev/net/tun\nmnt_ns 0\nnet_ns 0\nlink nowhere0\nflags tap,no_pi\noffload -\nsndbuf 2147483647\nheader 10\nendian 0\n\nprotocol bytes\n' > files/3
