# SPDX-License-Identifier: GPL-2.0-or-later
# A file of /proc of a process that is not there.
# expect: ^EINVAL files/3: pid 77777 is not there
printf 'type procfs\nflags 0100000\npos 0\nowner_type none\nowner 0\nsignal 0\n\npid 77777\npath stat\nmnt_ns 0\nmode 0100000\ndead 0\n' > files/3
