# SPDX-License-Identifier: GPL-2.0-or-later
# A key twice.
# expect: ^EINVAL tasks/[0-9]+/status: .*line [0-9]+
sed -i 's/^pgid .*/&\n&/' "tasks/$PID/status"
