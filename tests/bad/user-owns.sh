# SPDX-License-Identifier: GPL-2.0-or-later
# A user namespace that owns what is not there.
# expect: ^EINVAL ns/user-1: owns 7, which is not in ns/
sed -i "s/^user_ns 0/user_ns 1/" tasks/$PID/status
printf 'parent 0\nowner 0\nsetgroups 1\nowns 7\n\ninside outside count\n\ninside outside count\n' > ns/user-1
echo "XXH64 (ns/user-1) = 0000000000000000" >> manifest
