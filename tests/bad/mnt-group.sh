# SPDX-License-Identifier: GPL-2.0-or-later
# A slave of a peer group that nobody is in.
# expect: ^EINVAL ns/mnt-1: mount /a: its master 9 is no peer group
sed -i "s/^mnt_ns 0/mnt_ns 1/" tasks/$PID/status
printf "%s\n" "id parent mountpoint fstype source root bind of_ns of pid_ns options super shared master" \
	"1 0 / ext4 x / / 0 0 0 rw rw 0 0" "2 1 /a tmpfs x / - 0 0 0 rw rw 0 9" > ns/mnt-1
echo "XXH64 (ns/mnt-1) = 0000000000000000" >> manifest
