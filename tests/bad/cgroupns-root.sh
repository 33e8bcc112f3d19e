# SPDX-License-Identifier: GPL-2.0-or-later
# A cgroup namespace whose root leads out of the container's cgroup.
# expect: ^EINVAL ns/cgroup-1: root: not a path below the cgroup
sed -i "s/^cgroup_ns 0/cgroup_ns 1/" tasks/$PID/status
printf "root /../other\n" > ns/cgroup-1
echo "XXH64 (ns/cgroup-1) = 0000000000000000" >> manifest
