# SPDX-License-Identifier: GPL-2.0-or-later
# A segment of no size.
# expect: ^EINVAL inodes/9: not of a segment
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
size 0
page 0
locked 0
removed 0
END
echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
