# SPDX-License-Identifier: GPL-2.0-or-later
# A task in a cgroup that is not below the container's.
# expect: ^EINVAL tasks/[0-9]+: status: cgroup: not a path below
sed -i 's|^cgroup .*|cgroup /../elsewhere|' "tasks/$PID/status"
