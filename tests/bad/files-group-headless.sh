# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files that does not say which its first is.
# expect: ^EINVAL files/1024: line 1: unknown key "type": mend it
cp files/1 files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
