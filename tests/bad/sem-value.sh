# SPDX-License-Identifier: GPL-2.0-or-later
# A semaphore with more than there can be.
# expect: ^EINVAL inodes/9: semaphore 1: value 32768: it is 32767 at most
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
0 0
32768 0
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
