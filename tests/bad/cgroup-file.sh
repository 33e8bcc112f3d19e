# SPDX-License-Identifier: GPL-2.0-or-later
# A file to be written that is not in the cgroup.
# expect: ^EINVAL cgroup: row 1: not a path below the cgroup
printf '/../../../../../etc motd x\n' >> cgroup
