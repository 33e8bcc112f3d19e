# SPDX-License-Identifier: GPL-2.0-or-later
# A directory of one tid, a status of another.
# expect: ^E[A-Z]+ tasks/[0-9]+(/status)?: .*tid
sed -i 's/^tid .*/tid 31998/' "tasks/$PID/status"
