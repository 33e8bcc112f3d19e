# SPDX-License-Identifier: GPL-2.0-or-later
# A good tree with unix sockets, for those that make a bad one of it.

# unix_file ID CONNECTED PEER QUEUE [TYPE [NAME]]: files/ID, at the descriptor of the same number
unix_file() {
	cat > "files/$1" <<-END
	type unix
	flags 02
	pos 0
	owner_type none
	owner 0
	signal 0

	socktype ${5:-stream}
	mode 0777
	uid 0
	gid 0
	name ${6:--}
	accepted 0
	path -
	mnt_ns 0
	unlinked 0
	path_mode 0
	path_uid 0
	path_gid 0
	connected $2
	peer $3
	place 0
	peer_name -
	shutdown -
	reset 0
	peer_pid $PID
	peer_uid 0
	peer_gid 0
	peer_groups -
	queue $4

	option value
	END
	echo "XXH64 (files/$1) = 0" >> manifest
	sed -i "0,/^\$/s/^\$/$1 $1 0\n/" "tasks/$PID/fds"
}

# unix_queue ID ROW...: inodes/ID with these messages, and five bytes
unix_queue() {
	mkdir "inodes/$1"
	{ printf 'type unix_queue\n\nlen creds pid uid gid from files\n'; printf '%s\n' "${@:2}"; } > "inodes/$1/status"
	printf hello > "inodes/$1/data"
	echo "XXH64 (inodes/$1/status) = 0" >> manifest
	echo "XXH64 (inodes/$1/data) = 0" >> manifest
}

# unix_pair: files/4 and files/5, with five bytes in the first
unix_pair() {
	unix_file 4 peer 5 2
	unix_file 5 peer 4 0
	unix_queue 2 '5 0 0 0 0 - -'
}

# unix_listener ID ROW...: files/ID listens, and has these connections that were closed
unix_listener() {
	cat > "files/$1" <<-END
	type unix_listener
	flags 02
	pos 0
	owner_type none
	owner 0
	signal 0

	socktype 1
	name \\000crfs-bad
	path -
	mnt_ns 0
	unlinked 0
	mode 0
	uid 0
	gid 0
	backlog 5
	maker_pid $PID
	maker_uid 0
	maker_gid 0
	maker_groups -

	option value

	place peer_name peer_pid peer_uid peer_gid peer_groups queue
	END
	printf '%s\n' "${@:2}" >> "files/$1"
	echo "XXH64 (files/$1) = 0" >> manifest
	sed -i "0,/^\$/s/^\$/$1 $1 0\n/" "tasks/$PID/fds"
}
