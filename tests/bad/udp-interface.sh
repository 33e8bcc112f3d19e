# SPDX-License-Identifier: GPL-2.0-or-later
# A datagram that came through an interface that is not here.
# expect: ^ENODEV inodes/900: interface nowhere0 is not here
{
	printf 'type udp\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'family inet\nprotocol 17\nuid 0\ngid 0\naddr 7f000001000000000000000000000000\nport 5\nscope 0\npeer_addr 00000000000000000000000000000000\npeer_port 0\npeer_scope 0\nconnected 0\nshutdown -\nqueue 900\n\n'
	printf 'family interface group mode source\n\n'
	printf 'option value\n'
} > files/3
mkdir -p inodes/900
printf 'type datagrams\n\nlen family from from_port to interface ttl tos\n5 inet 7f000001000000000000000000000000 9 7f000001000000000000000000000000 nowhere0 64 0\n' > inodes/900/status
printf 'hello' > inodes/900/data
printf 'XXH64 (inodes/900/status) = 0\nXXH64 (inodes/900/data) = 0\n' >> manifest
