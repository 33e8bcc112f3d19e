# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files that no descriptor table has.
# expect: ^EINVAL files/1026: nothing refers to it: remove it
{ printf 'file 1026\n\n'; cat files/1; } > files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
