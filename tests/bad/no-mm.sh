# SPDX-License-Identifier: GPL-2.0-or-later
# A task refers to an address space that is not there.
# expect: ^E[A-Z]+ tasks/[0-9]+(/status)?: .*mm
sed -i 's/^mm .*/mm 99/' "tasks/$PID/status"
