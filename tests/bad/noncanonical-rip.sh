# SPDX-License-Identifier: GPL-2.0-or-later
# A task that would go on in the kernel.
# expect: ^E[A-Z]+ tasks/[0-9]+/regs: rip 
sed -i 's/^rip .*/rip 0xffff800000000000/' "tasks/$PID/regs"
