# SPDX-License-Identifier: GPL-2.0-or-later
# An entry behind the last that a local descriptor table can have.
# expect: ^EINVAL mms/1: ldt: entry 8192 stands twice or late, or is none
printf 'entry base limit contents flags\n8192 0x0 0xfffff 0 -\n' > mms/1/ldt
echo "XXH64 (mms/1/ldt) = 0000000000000000" >> manifest
