# SPDX-License-Identifier: GPL-2.0-or-later
# A mount point that leads out of the root.
# expect: ^EINVAL ns/mnt-1: its mounts are no tree
sed -i "s/^mnt_ns 0/mnt_ns 1/" tasks/$PID/status
printf "%s\n" "id parent mountpoint fstype source root bind of_ns of pid_ns options super shared master" \
	"1 0 / ext4 x / / 0 0 0 rw rw 0 0" "2 1 /a/../../b tmpfs x / - 0 0 0 rw rw 0 0" > ns/mnt-1
echo "XXH64 (ns/mnt-1) = 0000000000000000" >> manifest
