# SPDX-License-Identifier: GPL-2.0-or-later
# A task whose thread-group leader does not exist.
# expect: ^E[A-Z]+ tasks/[0-9]+(/status)?: 
sed -i 's/^tgid .*/tgid 31999/' "tasks/$PID/status"
