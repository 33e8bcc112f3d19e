# SPDX-License-Identifier: GPL-2.0-or-later
# A semaphore set in a namespace that is not there.
# expect: ^EINVAL inodes/9: ipc_ns 5: 
mkdir inodes/9
cat > inodes/9/status <<END
type sysv_sem

ipc_ns 5
id 31999
key 0x0
mode 0600
uid 0
gid 0
cuid 0
cgid 0

value pid
0 0
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
