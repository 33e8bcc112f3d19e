# SPDX-License-Identifier: GPL-2.0-or-later
# Events of a watch whose number no watch can have.
# expect: ^EINVAL files/3: inotify event 1: no such event
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n'
	echo '0 0x100 0 x'
} > files/3
