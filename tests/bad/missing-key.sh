# SPDX-License-Identifier: GPL-2.0-or-later
# A key that must be there is not.
# expect: ^EINVAL tasks/[0-9]+/status: .*line [0-9]+
sed -i '/^ppid /d' "tasks/$PID/status"
