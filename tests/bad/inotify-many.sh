# SPDX-License-Identifier: GPL-2.0-or-later
# More events than a queue holds.
# expect: ^ENOBUFS files/3: [0-9]+ inotify events, and a queue holds [0-9]+ here
{
	printf 'type inotify\nflags 0\npos 0\nowner_type none\nowner 0\nsignal 0\n\nnext_wd 5\n\nwd mask mnt_ns path\n\nwd mask cookie name\n'
	seq "$(cat /proc/sys/fs/inotify/max_queued_events)" | sed "s/.*/1 0x100 0 n&/"
} > files/3
