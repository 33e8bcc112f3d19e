# SPDX-License-Identifier: GPL-2.0-or-later
# An eventfd that counts to where no eventfd can.
# expect: ^EINVAL files/3: a count of 18446744073709551615
printf 'type eventfd\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\ncount 18446744073709551615\nsemaphore 0\n' > files/3
