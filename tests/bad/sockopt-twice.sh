# SPDX-License-Identifier: GPL-2.0-or-later
# An option that is said twice.
# expect: ^EINVAL files/3: option so_broadcast: twice
{
	printf 'type udp\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'family inet\nprotocol 17\nuid 0\ngid 0\naddr 7f000001000000000000000000000000\nport 5\nscope 0\npeer_addr 00000000000000000000000000000000\npeer_port 0\npeer_scope 0\nconnected 0\nshutdown -\nqueue 0\n\n'
	printf 'family interface group mode source\n\n'
	printf 'option value\nso_broadcast 1\nso_broadcast 0\n'
} > files/3
