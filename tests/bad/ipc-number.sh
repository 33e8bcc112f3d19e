# SPDX-License-Identifier: GPL-2.0-or-later
# A sysctl with one number that has two.
# expect: ^EINVAL ns/ipc-1: kernel.shmmax: 
mkdir -p ns
printf '%s\n' 'sysctl value' 'kernel.shmmax 1\0401' > ns/ipc-1
echo "XXH64 (ns/ipc-1) = 0000000000000000" >> manifest
