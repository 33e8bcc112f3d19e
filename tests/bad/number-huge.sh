# SPDX-License-Identifier: GPL-2.0-or-later
# A number that no object has.
# expect: ^EINVAL files/99999999999: no such file belongs here
cp files/1 files/99999999999
echo "XXH64 (files/99999999999) = 0000000000000000" >> manifest
