# SPDX-License-Identifier: GPL-2.0-or-later
# A code segment of the kernel's.
# expect: ^EINVAL tasks/[0-9]+/regs: cs 0x10
sed -i 's/^cs .*/cs 0x10/' "tasks/$PID/regs"
