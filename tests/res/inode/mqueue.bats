#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX message queues: content, priorities, rights, without a name; who is told.
load ../../helpers

clean_up() {
	local q
	mkdir -p "$T/mq"
	mount -t mqueue mqueue "$T/mq"
	while read -r q; do rm -f "$T/mq$q"; done < "$T/work/queues"
	umount "$T/mq"
} 2> /dev/null

@test "inode/mqueue comes back" {
	roundtrip inode/mqueue
}

@test "inode/mqueue comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip inode/mqueue own
}

@test "a queue that tells by a signal comes back, with the signal's value" {
	roundtrip inode/mqueue notify
}

@test "a queue that tells by a signal: its value is lost without BTF, with a line" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	work_start inode/mqueue notify
	freeze "$CG"
	mkdir "$T/mnt"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf
		"$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" "$T/mnt" ) \
		> "$T/unsupported" 2>&1 < /dev/null
	cat "$T/unsupported"
	grep -qE '^ENODATA inodes/[0-9]+: lost: the value \(sigev_value\) of the signal 10 that tells of a message' "$T/unsupported"
	thaw "$CG"
	work_verify
}

# refuses REGEX: a line in unsupported, and no manifest
refuses() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$1" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
}

@test "messages, and somebody to be told of the next" {
	work_start inode/mqueue waiting
	refuses "^EBUSY inodes/[0-9]+: 1 messages wait in queue /crfs-[0-9]+-3, and tasks/$PID is to be told of the next \\(mq_notify\\): "
}

@test "a queue of another IPC namespace" {
	work_start inode/mqueue foreign
	refuses '^EXDEV files/[0-9]+: .* is a queue of an IPC namespace that no task of the container is in: '
}

@test "a queue that is open outside, too" {
	work_start inode/mqueue
	read -r q < "$T/work/queues"
	mkdir -p "$T/mq"
	mount -t mqueue mqueue "$T/mq"
	exec 9< "$T/mq$q"
	sleep 1000 <&9 9<&- 3>&- &
	echo $! >> "$T/pids"
	exec 9<&-
	umount -l "$T/mq"
	refuses '^EXDEV files/[0-9]+: .* is also open outside the container, as descriptor 0 of pid '
}

# Its messages are taken out and sent again by a child that outlives the daemon.
@test "messages are there, in order, after being looked at, and after the daemon was killed in it" {
	work_start inode/mqueue
	for i in 1 2 3 4 5 6 7 8; do
		freeze "$CG"
		cr_daemon "$CG" "$T/mnt"
		[ "$i" -gt 6 ] || (sleep "0.0$i"; kill -9 "$DAEMON") 3>&- &
		timeout 5 cat "$T/mnt/header" > /dev/null 2>&1 || true
		kill -9 "$DAEMON" 2> /dev/null || true
		cr_umount "$T/mnt"
		thaw "$CG"
	done
	work_verify
}

@test "a restore that fails leaves no queue, and one does not take what is another's" {
	work_start inode/mqueue
	checkpoint "$T/ckpt.tar"
	clean_up
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	chmod -R u+w "$T/tree"
	sed -i 's/^RLIMIT_NOFILE .*/RLIMIT_NOFILE 4000000000 4000000000/' "$T/tree/tasks/$PID/limits"
	remanifest "$T/tree"
	cr_mount "$CG" "$T/mnt"
	run tar xf <(tar cf - -C "$T/tree" .) -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -qE "^EPERM tasks/$PID: " "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	mkdir -p "$T/mq"
	mount -t mqueue mqueue "$T/mq"
	while read -r q; do [ ! -e "$T/mq$q" ]; done < "$T/work/queues"
	read -r q < "$T/work/queues"
	: > "$T/mq$q"
	cr_mount "$CG" "$T/mnt"
	run tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -qE "^EEXIST inodes/[0-9]+: there is another queue $q, or it is in use: " "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	rm "$T/mq$q"
	umount "$T/mq"
	restore "$T/ckpt.tar"
}

@test "inode/mqueue comes back in a user namespace" {
	STARTER=start_user_in roundtrip inode/mqueue
}
