# SPDX-License-Identifier: GPL-2.0-or-later
# A queue with more in it than it holds.
# expect: ^EINVAL inodes/9: 1 messages of 5 bytes do not fit in a queue of 4
mkdir inodes/9
cat > inodes/9/status <<END
type sysv_msg

ipc_ns 0
id 31999
key 0x0
mode 0600
uid 0
gid 0
cuid 0
cgid 0
qbytes 4
lspid 0
lrpid 0

type len
1 5
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
printf 12345 > inodes/9/data
echo "XXH64 (inodes/9/data) = 0000000000000000" >> manifest
