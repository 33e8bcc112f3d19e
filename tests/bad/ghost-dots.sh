# SPDX-License-Identifier: GPL-2.0-or-later
# An unlinked file whose name leads out of where it was: standard input is made one.
# expect: ^EINVAL inodes/99: making a file for /tmp/\.\./etc/x
f=$(awk '$1 == 0 { print $2 }' "tasks/$PID/fds")
printf '%s\n' 'type unlinked' 'flags 0100000' 'pos 0' 'owner_type none' 'owner 0' 'signal 0' '' \
	'inode 99' '' 'kind mode start len' > "files/$f"
mkdir -p inodes/99
printf '%s\n' 'type ghost' '' 'path /tmp/../etc/x' 'mnt_ns 0' 'tmpfile 0' 'mode 0600' 'uid 0' 'gid 0' \
	'size 0' 'mtime_ns 0' > inodes/99/status
echo "XXH64 (inodes/99/status) = 0000000000000000" >> manifest
