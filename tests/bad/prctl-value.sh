# SPDX-License-Identifier: GPL-2.0-or-later
# Slots for futexes, three of them: no kernel has that many.
# expect: ^EINVAL tasks/[0-9]+: prctl: option 78 stands twice or late, or has no such value
printf 'option value\nPR_FUTEX_HASH 3\n' > "tasks/$PID/prctl"
echo "XXH64 (tasks/$PID/prctl) = 0000000000000000" >> manifest
