# SPDX-License-Identifier: GPL-2.0-or-later
# A packet socket that asks no interface.
# expect: ^EINVAL files/3: group 0: no interface
{
	printf 'type packet\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'socktype raw\nprotocol 0x0\ninterface -\nuid 0\ngid 0\n\n'
	printf 'interface type count len address\n- promisc 1 0 0000000000000000\n\noption value\n'
} > files/3
