# SPDX-License-Identifier: GPL-2.0-or-later
# A process made by a thread that its parent does not have.
# expect: ^EINVAL tasks/[0-9]+: parent: thread
printf 'thread %s\n' "$PID" > "tasks/$PID/parent"
echo "XXH64 (tasks/$PID/parent) = 0000000000000000" >> manifest
