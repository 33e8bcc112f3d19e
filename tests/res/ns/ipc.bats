#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An IPC namespace of its own: limits, an unattached segment; and what is refused.
load ../../helpers

clean_up() {
	local id
	id=$(cat "$T/work/id")
	ipcrm -m "$id"; ipcrm -s "$id"
} 2> /dev/null

# outside ARGS: ns/ipc, which stays out of the container
outside() {
	(close_fds; cd "$T/work"; exec env CRFS_GO="$T/never" "$WORK/ns/ipc" "$@" < /dev/null > "$T/outside" 2>&1) &
	echo $! >> "$T/pids"
	wait_for grep -qx ready "$T/outside"
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

@test "ns/ipc comes back" {
	STARTER=start_ipc_in roundtrip ns/ipc
}

@test "a segment that nobody has attached, in the mounter's namespace" {
	work_start ns/ipc made
	refuses "^EOPNOTSUPP tasks/$PID: System V segment [0-9]+, which it made, is attached by nobody: run the container under unshare --ipc$"
}

@test "a segment that is attached outside, too" {
	work_start ns/ipc segment
	outside attach "$(cat "$T/work/id")"
	refuses '^EXDEV inodes/[0-9]+: System V segment [0-9]+ is attached 1 times outside the container: '
}

@test "a semaphore set that is used outside, too" {
	work_start ns/ipc set
	outside use "$(cat "$T/work/id")"
	refuses "^EXDEV tasks/$PID: System V semaphore set [0-9]+, which it uses, is also used by process [0-9]+ outside the container: "
}

@test "a message that is longer than the limit" {
	STARTER=start_ipc_in work_start ns/ipc queue
	refuses '^EINVAL inodes/[0-9]+: the messages of queue [0-9]+ cannot be copied: '
}

@test "two IPC namespaces in a container" {
	roundtrip ns/ipc another
}

@test "objects in both of two IPC namespaces" {
	STARTER=start_ipc_in roundtrip ns/ipc_two
}

# What a restore that fails has made is gone; what somebody else has is not touched.
@test "a restore that fails leaves no object, and one does not take what is another's" {
	work_start ns/ipc segment
	checkpoint "$T/ckpt.tar"
	id=$(cat "$T/work/id")
	ipcrm -m "$id"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	# Something that fails late: a limit that no task may have (fs.nr_open).
	chmod -R u+w "$T/tree"
	sed -i 's/^RLIMIT_NOFILE .*/RLIMIT_NOFILE 4000000000 4000000000/' "$T/tree/tasks/$PID/limits"
	remanifest "$T/tree"
	cr_mount "$CG" "$T/mnt"
	run tar xf <(tar cf - -C "$T/tree" .) -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -qE "^EPERM tasks/$PID: " "$T/mnt/.crfs/error"
	[ -z "$(ipcs -mi "$id" 2> /dev/null | grep shmid=)" ]
	cr_umount "$T/mnt"
	# The number is another's now.
	echo "$id" > /proc/sys/kernel/shm_next_id
	other=$(ipcmk -M 8192 | grep -o '[0-9]*$')
	if [ "$other" = "$id" ]; then
		cr_mount "$CG" "$T/mnt"
		run tar xf "$T/ckpt.tar" -C "$T/mnt"
		[ "$status" -ne 0 ]
		grep -qE "^EEXIST inodes/[0-9]+: number $id is taken by another, or in use: " "$T/mnt/.crfs/error"
		cr_umount "$T/mnt"
	fi
	ipcrm -m "$other"
	restore "$T/ckpt.tar"
}

@test "a mount of mqueue shows the queues of the container's namespace" {
	cg_new mqmount
	mkdir -p "$T/work/mq"
	# shellcheck disable=SC2016
	start_in "$CG" unshare --ipc --mount bash -c \
		'mount -t mqueue mqueue mq; (umask 077; : > mq/first); cd mq; exec sleep 1000'
	wait_for test -e "/proc/$PID/root$T/work/mq/first"
	wait_for grep -qx sleep "/proc/$PID/comm"
	there_and_back
	[ "$(ls "/proc/$PID/root$T/work/mq")" = first ]
	[ "$(stat -c %a "/proc/$PID/root$T/work/mq/first")" = 600 ]
	[ "$(stat -fc %t "/proc/$PID/cwd/")" = 19800202 ]
}

@test "a mount of mqueue of the second of two IPC namespaces" {
	cg_new mqother
	mkdir -p "$T/work/mq"
	# shellcheck disable=SC2016
	start_in "$CG" bash -c 'unshare --ipc --mount sh -c "
		mount -t mqueue mqueue mq; umask 077; : > mq/second; exec sleep 1000" & wait'
	wait_for one_sleeps
	sleeper=$(grep -lx sleep /proc/[0-9]*/comm | cut -d/ -f3 | grep -xf "$CG/cgroup.procs")
	there_and_back
	[ "$(ls "/proc/$sleeper/root$T/work/mq")" = second ]
	[ "$(stat -c %a "/proc/$sleeper/root$T/work/mq/second")" = 600 ]
	# it is the queue, and no file that looks like it
	nsenter -t "$sleeper" --ipc python3 -c 'import ctypes, os, sys
c = ctypes.CDLL(None, use_errno=True)
assert c.mq_open(b"/second", os.O_RDWR) >= 0 and c.mq_unlink(b"/second") == 0'
	[ -z "$(ls "/proc/$sleeper/root$T/work/mq")" ]
}
one_sleeps() {
	grep -lx sleep /proc/[0-9]*/comm 2> /dev/null | cut -d/ -f3 | grep -qxf "$CG/cgroup.procs"
}

@test "a mount of mqueue of another IPC namespace than that of the first task in its mount namespace" {
	cg_new mqelse
	mkdir -p "$T/work/mq"
	start_in "$CG" unshare --mount bash -c 'unshare --ipc sh -c "mount -t mqueue mqueue mq; exec sleep 1000" & wait'
	wait_for one_sleeps
	refuses '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/mq \(mqueue\): shows the queues of another IPC namespace '
}
