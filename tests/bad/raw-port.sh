# SPDX-License-Identifier: GPL-2.0-or-later
# A raw socket whose port is not its protocol.
# expect: ^EINVAL files/3: port 5 is not protocol 253
{
	printf 'type raw\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'family inet\nprotocol 253\nuid 0\ngid 0\naddr 7f000001000000000000000000000000\nport 5\nscope 0\npeer_addr 00000000000000000000000000000000\npeer_port 0\npeer_scope 0\nconnected 0\nshutdown -\nqueue 0\n\n'
	printf 'family interface group mode source\n\n'
	printf 'option value\n'
} > files/3
