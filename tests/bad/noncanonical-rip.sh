# SPDX-License-Identifier: GPL-2.0-or-later
# Registers that would fault in the kernel.
# expect: ^E[A-Z]+ tasks/[0-9]+/regs: 
sed -i 's/^\(rip\|ip\) .*/\1 0xffff800000000000/' "tasks/$PID/regs"
