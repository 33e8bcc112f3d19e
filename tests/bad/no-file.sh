# SPDX-License-Identifier: GPL-2.0-or-later
# A descriptor refers to a file that is not there.
# expect: ^E[A-Z]+ tasks/[0-9]+(/fds)?: .*file
sed -i '$s/ [0-9]*\( [^ ]*\)*$/ 4242\1/' "tasks/$PID/fds"
