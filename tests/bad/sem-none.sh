# SPDX-License-Identifier: GPL-2.0-or-later
# A semaphore set of no semaphores.
# expect: ^EINVAL inodes/9: 0 semaphores: 
mkdir inodes/9
cat > inodes/9/status <<END
type sysv_sem

ipc_ns 0
id 31999
key 0x0
mode 0600
uid 0
gid 0
cuid 0
cgid 0

value pid
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
