# SPDX-License-Identifier: GPL-2.0-or-later
# A filter that jumps out of itself.
# expect: ^EINVAL inodes/900: the kernel does not take this filter
{
	printf 'type udp\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'family inet\nprotocol 17\nuid 0\ngid 0\naddr 7f000001000000000000000000000000\nport 5\nscope 0\npeer_addr 00000000000000000000000000000000\npeer_port 0\npeer_scope 0\nconnected 0\nshutdown -\nqueue 0\n\n'
	printf 'family interface group mode source\n\n'
	printf 'option value\nso_attach_filter 900\n'
} > files/3
mkdir -p inodes/900
printf 'type filter\n\ncode jt jf k\n0x5 0 0 0x9\n0x6 0 0 0x0\n' > inodes/900/status
printf 'XXH64 (inodes/900/status) = 0\n' >> manifest
