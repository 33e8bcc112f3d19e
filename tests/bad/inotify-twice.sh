# SPDX-License-Identifier: GPL-2.0-or-later
# An event that the kernel would have merged.
# expect: ^EINVAL files/3: inotify event 2: the same as the one before
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n1 0x2 0 x\n'
	echo '1 0x2 0 x'
} > files/3
