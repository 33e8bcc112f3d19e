# SPDX-License-Identifier: GPL-2.0-or-later
# A breakpoint in the kernel.
# expect: ^EINVAL tasks/[0-9]+: breakpoints: number 0 stands twice or late, or is none
printf 'number address on length\n0 0xffffffff81000000 run 1\n' > "tasks/$PID/breakpoints"
echo "XXH64 (tasks/$PID/breakpoints) = 0000000000000000" >> manifest
