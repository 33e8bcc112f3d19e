# SPDX-License-Identifier: GPL-2.0-or-later
# A semaphore that was changed last by a process that is not there.
# expect: ^EINVAL inodes/9: semaphore 0: pid 99999 is not in tasks/
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
0 99999
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
