# SPDX-License-Identifier: GPL-2.0-or-later
# An open file by itself that must stand in a group.
# expect: ^EINVAL files/1030: it must stand in files/1024: mend it
cp files/1 files/1030
echo "XXH64 (files/1030) = 0000000000000000" >> manifest
