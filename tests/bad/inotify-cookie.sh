# SPDX-License-Identifier: GPL-2.0-or-later
# A move whose halves have another between them.
# expect: ^EINVAL files/3: inotify event 3: its cookie is not the next
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n1 0x40 1 x\n1 0x100 0 y\n'
	echo '1 0x80 1 z'
} > files/3
