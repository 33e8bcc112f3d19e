# SPDX-License-Identifier: GPL-2.0-or-later
# A POSIX queue of the mounter's namespace that nobody has open.
# expect: ^EINVAL inodes/9: not of a queue, or nobody has it open
mkdir inodes/9
cat > inodes/9/status <<END
type mqueue

ipc_ns 0
name a
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
