# SPDX-License-Identifier: GPL-2.0-or-later
# What trees with a bad io_uring have.

# uring FLAGS SQ_ENTRIES TAKEN BYTES: inodes/9, with so many bytes in its rings, that the first task has as 9
uring() {
	mkdir inodes/9
	cat > inodes/9/status <<END
type uring

flags $1
sq_entries $2
cq_entries 16
taken $3
told 3
array 320
cqes 64
END
	echo "XXH64 (inodes/9/status) = 0000000000000000" >> manifest
	head -c "$4" /dev/zero > inodes/9/rings
	head -c 512 /dev/zero > inodes/9/sqes
	printf 'XXH64 (inodes/9/%s) = 0000000000000000\n' rings sqes >> manifest
	printf '%s\n' 'type uring' 'flags 02' 'pos 0' 'owner_type none' 'owner 0' 'signal 0' '' 'inode 9' > files/9
	echo "XXH64 (files/9) = 0000000000000000" >> manifest
	sed -i '/^$/i 9 9 0' "tasks/$PID/fds"
}
