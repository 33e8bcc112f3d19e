# SPDX-License-Identifier: GPL-2.0-or-later
# A process that is its own parent.
# expect: ^EINVAL tasks/[0-9]+: status: ppid
sed -i "s/^ppid .*/ppid $PID/" "tasks/$PID/status"
