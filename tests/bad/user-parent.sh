# SPDX-License-Identifier: GPL-2.0-or-later
# A user namespace that lies in itself.
# expect: ^EINVAL ns/user-1: parent 1 is no user namespace that it could lie in
sed -i "s/^user_ns 0/user_ns 1/" tasks/$PID/status
printf 'parent 1\nowner 0\nsetgroups 1\nowns -\n\ninside outside count\n\ninside outside count\n' > ns/user-1
echo "XXH64 (ns/user-1) = 0000000000000000" >> manifest
