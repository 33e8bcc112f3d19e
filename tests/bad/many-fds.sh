# SPDX-License-Identifier: GPL-2.0-or-later
# A descriptor with a number that no table has room for.
# expect: ^E[A-Z]+ tasks/[0-9]+: fds?
sed -i '2s/^[0-9]*/4294967295/' "tasks/$PID/fds"
