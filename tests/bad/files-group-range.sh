# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files with one in it that another file holds.
# expect: ^EINVAL files/1024: line 1: file 7: here are 1024 to 1279: mend it
{ printf 'file 7\n\n'; cat files/1; } > files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
