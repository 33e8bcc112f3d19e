# SPDX-License-Identifier: GPL-2.0-or-later
# A mount that shows a network namespace which is not there.
# expect: ^EINVAL ns/mnt-1: mount /a: it shows /net-77, which is not in ns/
sed -i "s/^mnt_ns 0/mnt_ns 1/" tasks/$PID/status
printf "%s\n" "id parent mountpoint fstype source root bind of_ns of pid_ns options super shared master" \
	"1 0 / ext4 x / / 0 0 0 rw rw 0 0" "2 1 /a nsfs nsfs /net-77 - 0 0 0 rw rw 0 0" > ns/mnt-1
echo "XXH64 (ns/mnt-1) = 0000000000000000" >> manifest
