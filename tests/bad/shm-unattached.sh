# SPDX-License-Identifier: GPL-2.0-or-later
# A segment of the mounter's namespace that no task has attached.
# expect: ^EINVAL inodes/9: no task has it attached
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
