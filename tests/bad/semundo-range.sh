# SPDX-License-Identifier: GPL-2.0-or-later
# An undo entry that is larger than one can be.
# expect: ^EINVAL tasks/[0-9]+: semundo: adjust 40000: 
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
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
printf 'inode semaphore adjust\n9 0 40000\n' > "tasks/$PID/semundo"
echo "XXH64 (tasks/$PID/semundo) = 0000000000000000" >> manifest
