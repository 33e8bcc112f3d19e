# SPDX-License-Identifier: GPL-2.0-or-later
# A POSIX queue with a name that leads elsewhere.
# expect: ^EINVAL inodes/9: name: 
mkdir inodes/9
cat > inodes/9/status <<END
type mqueue

ipc_ns 0
name ../a
unlinked 0
mode 0600
uid 0
gid 0
maxmsg 10
msgsize 100
notify nobody
signal 0
value 0x0
process 0

priority len
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
: > inodes/9/data
echo "XXH64 (inodes/9/data) = 0000000000000000" >> manifest
printf '%s\n' 'type mqueue' 'flags 02' 'pos 0' 'owner_type none' 'owner 0' 'signal 0' '' 'inode 9' > files/9
echo "XXH64 (files/9) = 0000000000000000" >> manifest
sed -i '/^$/i 9 9 0' "tasks/$PID/fds"
