# SPDX-License-Identifier: GPL-2.0-or-later
# A semaphore set with a mode that none has.
# expect: ^EINVAL inodes/9: mode: 
mkdir inodes/9
cat > inodes/9/status <<END
type sysv_sem

ipc_ns 0
id 31999
key 0x0
mode 010600
uid 0
gid 0
cuid 0
cgid 0

value pid
0 0
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
