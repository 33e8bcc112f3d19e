# SPDX-License-Identifier: GPL-2.0-or-later
# A descriptor refers to a file that is not there.
# expect: ^E[A-Z]+ tasks/[0-9]+(/fds)?: .*file
sed -i '2s/^\([0-9]*\) [0-9]*/\1 4242/' "tasks/$PID/fds"
