# SPDX-License-Identifier: GPL-2.0-or-later
# An overflow that was told twice.
# expect: ^EINVAL files/3: inotify event 2: a second overflow
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n-1 0x4000 0 -\n'
	echo '-1 0x4000 0 -'
} > files/3
