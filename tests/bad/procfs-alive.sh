# SPDX-License-Identifier: GPL-2.0-or-later
# A file of /proc of a process that is gone, and is there.
# expect: ^EINVAL files/3: pid [0-9]+ is there, and not gone
printf 'type procfs\nflags 0100000\npos 0\nowner_type none\nowner 0\nsignal 0\n\npid %d\npath stat\nmnt_ns 0\nmode 0100000\ndead 1\n' "$PID" > files/3
