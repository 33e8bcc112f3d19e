# SPDX-License-Identifier: GPL-2.0-or-later
# An epoll that watches what is not there.
# expect: ^EINVAL files/3: item 7: files/77 is not there
printf 'type epoll\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\nitems 1\nbusy_poll_usecs 0\nbusy_poll_budget 0\nprefer_busy_poll 0\n\ntfd file events data\n7 77 0x19 0x0\n' > files/3
