# SPDX-License-Identifier: GPL-2.0-or-later
# An epoll with less items than it says.
# expect: ^EINVAL files/3: items is 2, but there are 1
printf 'type epoll\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\nitems 2\nbusy_poll_usecs 0\nbusy_poll_budget 0\nprefer_busy_poll 0\n\ntfd file events data\n1 1 0x19 0x0\n' > files/3
