# SPDX-License-Identifier: GPL-2.0-or-later
# A timer by the CPU time of a thread.
# expect: ^EINVAL files/3: (clock 3: no timerfd has it|line [0-9]+: )
printf 'type timerfd\nflags 02\npos 0\nowner_type none\nowner 0\nsignal 0\n\nclock 3\nsettime_flags -\nticks 0\ninterval_ns 0\nremaining_ns 0\nexpires_ns 0\n' > files/3
