# SPDX-License-Identifier: GPL-2.0-or-later
# A pipe that is not there.
# expect: ^EINVAL files/3: .*inodes?.?99
printf 'type pipe\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\ninode 99\n' > files/3
