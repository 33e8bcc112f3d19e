# SPDX-License-Identifier: GPL-2.0-or-later
# A segment where the kernel has its own.
# expect: ^EINVAL tasks/[0-9]+: segments: entry 5 stands twice or late, or is none
printf 'entry base limit contents flags\n5 0x0 0xfffff 0 -\n' > "tasks/$PID/segments"
echo "XXH64 (tasks/$PID/segments) = 0000000000000000" >> manifest
