# SPDX-License-Identifier: GPL-2.0-or-later
# A pid namespace with a sysctl of the machine's.
# expect: ^EINVAL ns/pid-1: kernel.panic: 
mkdir -p ns
printf 'parent 0\ninit %s\n\nsysctl value\nkernel.panic 1\n' "$PID" > ns/pid-1
echo "XXH64 (ns/pid-1) = 0000000000000000" >> manifest
