# SPDX-License-Identifier: GPL-2.0-or-later
# A filesystem that cannot be made for a container.
# expect: ^EOPNOTSUPP ns/mnt-1: mount /a \(ext4\) cannot be made
sed -i "s/^mnt_ns 0/mnt_ns 1/" tasks/$PID/status
printf "%s\n" "id parent mountpoint fstype source root bind of_ns of pid_ns options super shared master" \
	"1 0 / ext4 x / / 0 0 0 rw rw 0 0" "2 1 /a ext4 /dev/sda / - 0 0 0 rw rw 0 0" > ns/mnt-1
echo "XXH64 (ns/mnt-1) = 0000000000000000" >> manifest
