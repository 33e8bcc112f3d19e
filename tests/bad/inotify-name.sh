# SPDX-License-Identifier: GPL-2.0-or-later
# An event whose name is longer than any.
# expect: ^EINVAL files/3: inotify event 2: no such event
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n1 0x100 0 x\n'
	printf '1 0x100 0 %0256d\n' 0
} > files/3
