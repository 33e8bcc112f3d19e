# SPDX-License-Identifier: GPL-2.0-or-later
# A handle on a process that is not there.
# expect: ^EINVAL files/3: pid 77777 is not in tasks/
printf 'type pidfd\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\npid 77777\n' > files/3
