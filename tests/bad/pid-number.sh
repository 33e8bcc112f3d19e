# SPDX-License-Identifier: GPL-2.0-or-later
# A pid namespace whose limit of pids is no number.
# expect: ^EINVAL ns/pid-1: kernel.pid_max: many is no number
mkdir -p ns
printf 'parent 0\ninit %s\n\nsysctl value\nkernel.pid_max many\n' "$PID" > ns/pid-1
echo "XXH64 (ns/pid-1) = 0000000000000000" >> manifest
