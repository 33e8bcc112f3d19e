# SPDX-License-Identifier: GPL-2.0-or-later
# What is outside, and nothing takes its place.
# expect: ^ENOENT files/3: external log, a pipe: say what takes its place
printf 'type external\nflags 01\npos 0\nowner_type none\nowner 0\nsignal 0\n\nname log\nkind pipe\nshutdown 0\n\noption value\n' > files/3
