# SPDX-License-Identifier: GPL-2.0-or-later
# A second name for an object that is there.
# expect: ^EINVAL files/01: no such file belongs here
cp files/1 files/01
echo "XXH64 (files/01) = 0000000000000000" >> manifest
