# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files that has one of them twice.
# expect: ^EINVAL files/1024: line [0-9]+: file 1025 stands behind 1025: mend it
{ printf 'file 1025\n\n'; cat files/1; printf '\nfile 1025\n\n'; cat files/1; } > files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
