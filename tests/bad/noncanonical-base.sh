# SPDX-License-Identifier: GPL-2.0-or-later
# A segment base that is no address of user space: the processor would not take it.
# expect: ^E[A-Z]+ tasks/[0-9]+/regs: .*fs_base
sed -i 's/^fs_base .*/fs_base 0xffff800000000000/' "tasks/$PID/regs"
