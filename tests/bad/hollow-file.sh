# SPDX-License-Identifier: GPL-2.0-or-later
# An empty directory where a task's file should be: none is made of it, and the file is missing.
# expect: ^ENOENT tasks/[0-9]+: status is missing
rm "tasks/$PID/status"
mkdir "tasks/$PID/status"
