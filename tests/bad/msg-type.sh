# SPDX-License-Identifier: GPL-2.0-or-later
# A message of a type that none has.
# expect: ^EINVAL inodes/9: message 0: 
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
qbytes 100
lspid 0
lrpid 0

type len
-3 5
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
printf 12345 > inodes/9/data
echo "XXH64 (inodes/9/data) = 0000000000000000" >> manifest
