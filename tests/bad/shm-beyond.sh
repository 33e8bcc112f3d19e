# SPDX-License-Identifier: GPL-2.0-or-later
# A mapping of more than there is of a segment.
# expect: ^EINVAL mms/1/maps: 0x10000: not a part of that segment
mkdir inodes/9
cat > inodes/9/status <<END
type sysv_shm

ipc_ns 0
id 31999
key 0x0
mode 0600
uid 0
gid 0
cuid 0
cgid 0
size 4096
page 0
locked 0
removed 0
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
sed -i '1a 0x10000 0x12000 r,w inode shared,maywrite 0 0 0x0 9 -' mms/1/maps
