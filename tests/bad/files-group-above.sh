# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files with one in it that belongs in the next.
# expect: ^EINVAL files/1024: line [0-9]+: file 1280: here are 1024 to 1279: mend it
{ printf 'file 1279\n\n'; cat files/1; printf '\nfile 1280\n\n'; cat files/1; } > files/1024
echo "XXH64 (files/1024) = 0000000000000000" >> manifest
