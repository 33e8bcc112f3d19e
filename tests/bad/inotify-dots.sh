# SPDX-License-Identifier: GPL-2.0-or-later
# An event whose name is that of another directory.
# expect: ^EINVAL files/3: inotify event 1: no such event
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n'
	echo '1 0x40000200 0 ..'
} > files/3
