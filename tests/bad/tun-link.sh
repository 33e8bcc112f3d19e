# SPDX-License-Identifier: GPL-2.0-or-later
# A tap whose link nobody has made.
# expect: ^ENODEV files/3: link nowhere0 is not here
printf 'type tun\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\npath /dev/net/tun\nmnt_ns 0\nnet_ns 0\nlink nowhere0\nflags tap,persist,no_pi\noffload -\nsndbuf 2147483647\nheader 10\nendian 0\n\nprotocol bytes\n' > files/3
