# SPDX-License-Identifier: GPL-2.0-or-later
# A watch twice.
# expect: ^EINVAL files/3: watch 1: numbers go up from 1
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n1 0x100 0 /\n1 0x100 0 /tmp\n\nwd mask cookie name\n'
	true
} > files/3
