# SPDX-License-Identifier: GPL-2.0-or-later
# A memfd without its memory.
# expect: ^EINVAL files/3: .*inodes?.?99
printf 'type memfd\nflags 0100002\npos 0\nowner_type none\nowner 0\nsignal 0\n\ninode 99\n' > files/3
