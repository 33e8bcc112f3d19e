# SPDX-License-Identifier: GPL-2.0-or-later
# A fanotify mark that would make the restore wait for the program that it restores.
# expect: ^EINVAL files/3: fanotify mark: mask 0x10000: its events would wait
{
	printf 'type fanotify\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\n'
	printf 'init_flags 0x4\nevent_flags 0\n\nkind mask ignored flags mnt_ns path\nmount 0x10000 0x0 0x0 0 /\n'
} > files/3
