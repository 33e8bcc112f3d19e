# SPDX-License-Identifier: GPL-2.0-or-later
# A number not as it is printed.
# expect: ^EINVAL tasks/[0-9]+/status: .*line [0-9]+.*tid
sed -i 's/^tid /tid 0/' "tasks/$PID/status"
