# SPDX-License-Identifier: GPL-2.0-or-later
# A sysctl that is none of an IPC namespace.
# expect: ^EINVAL ns/ipc-1: kernel.panic: 
mkdir -p ns
printf '%s\n' 'sysctl value' 'kernel.panic 1' > ns/ipc-1
echo "XXH64 (ns/ipc-1) = 0000000000000000" >> manifest
