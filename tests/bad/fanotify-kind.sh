# SPDX-License-Identifier: GPL-2.0-or-later
# A fanotify mark on nothing that can be marked, and on what is not there.
# expect: ^ENOENT files/3: fanotify mark: /nowhere: bring it back
{
	printf 'type fanotify\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'init_flags 0x0\nevent_flags 0\n\nkind mask ignored flags mnt_ns path\n7 0x2 0x0 0x0 0 /nowhere\n'
} > files/3
