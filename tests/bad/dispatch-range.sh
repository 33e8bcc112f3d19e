# SPDX-License-Identifier: GPL-2.0-or-later
# System calls of a range that ends before it begins.
# expect: ^EINVAL tasks/[0-9]+: dispatch: no such range
cat > "tasks/$PID/dispatch" <<END
mode PR_SYS_DISPATCH_EXCLUSIVE_ON
offset 0x1000
length 0xfffffffffffff000
selector 0x0
END
echo "XXH64 (tasks/$PID/dispatch) = 0000000000000000" >> manifest
