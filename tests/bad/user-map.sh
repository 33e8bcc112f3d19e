# SPDX-License-Identifier: GPL-2.0-or-later
# A map of more ids than there are.
# expect: ^EINVAL ns/user-1: uid_map: row 1: there are no such ids
sed -i "s/^user_ns 0/user_ns 1/" tasks/$PID/status
printf 'parent 0\nowner 0\nsetgroups 1\nowns -\n\ninside outside count\n0 1 4294967295\n\ninside outside count\n' > ns/user-1
echo "XXH64 (ns/user-1) = 0000000000000000" >> manifest
