# SPDX-License-Identifier: GPL-2.0-or-later
# A netlink group that cannot be.
# expect: ^EINVAL files/3: group 0
{
	printf 'type netlink\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'socktype raw\nprotocol route\nuid 0\ngid 0\nport 0\npeer_port 0\npeer_groups 0x0\ngroups 0\n\noption value\n'
} > files/3
