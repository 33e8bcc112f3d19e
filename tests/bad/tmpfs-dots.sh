# SPDX-License-Identifier: GPL-2.0-or-later
# A file in a tmpfs whose path leads out of it.
# expect: ^EINVAL inodes/99: entry 2: its path cannot be
mkdir -p inodes/99
printf '%s\n' 'type tmpfs' '' 'mnt_ns 1' 'mountpoint /run' 'size 0' '' \
	'path mode uid gid mtime_ns size at major minor target' \
	'. 040755 0 0 0 0 0 0 0 -' '../etc/x 0100644 0 0 0 0 0 0 0 -' '' 'path name value' > inodes/99/status
echo "XXH64 (inodes/99/status) = 0000000000000000" >> manifest
