#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults: the daemon killed at any stage, no space, tasks that come and go, races. The container goes on.
load helpers

# frozen_still: what the user froze is frozen, at the latest when the guard has done its work
frozen_still() {
	[ "$(cat "$CG/cgroup.freeze")" = 1 ] || wait_for grep -qx 1 "$CG/cgroup.freeze"
	wait_for grep -qx 'frozen 1' "$CG/cgroup.events"
}

untraced() {
	local p
	for p in $(cat "$CG/cgroup.threads"); do
		[ "$(awk '/^TracerPid/ { print $2 }' "/proc/$p/status")" = 0 ] || return 1
	done
}

# kill_reading SIGNAL WORKLOAD [ARGS]: the daemon, at many moments of a checkpoint
kill_reading() {
	local i ms
	work_start "${@:2}"
	for ms in 0 1 2 3 5 8 12 18 27 40 60 90; do
		freeze "$CG"
		cr_daemon "$CG" "$T/mnt"
		timeout 20 tar cf /dev/null -C "$T/mnt" . > /dev/null 2>&1 3>&- &
		i=$!
		sleep "$(printf '0.%03d' "$ms")"
		kill "-$1" "$DAEMON"
		wait "$i" || true
		wait "$DAEMON" 2>/dev/null || true
		cr_umount "$T/mnt"
		frozen_still
		wait_for untraced
		# Who looks again before the thaw sees a container that can be carried, or why not now.
		cr_mount "$CG" "$T/mnt"
		if grep -v 'while it answered a crfs that was killed' "$T/mnt/unsupported"; then
			return 1
		fi
		cr_umount "$T/mnt"
		thaw "$CG"
		sleep 0.02
	done
	work_verify
}

@test "SIGKILL while reading: the container is frozen still, and unharmed" { kill_reading KILL task/threads; }
@test "SIGTERM while reading: the container is frozen still, and unharmed" { kill_reading TERM task/threads; }
@test "SIGKILL while reading, a task in each kind of system call" { kill_reading KILL task/restart; }
@test "SIGKILL while reading, with vector registers in use" { kill_reading KILL task/regs; }
@test "SIGKILL while reading, in the middle of queues of sockets" { kill_reading KILL inode/unix_queue many; }
@test "SIGKILL while reading TCP sockets" { kill_reading KILL fd/tcp; }

# kill_restoring SIGNAL [WORKLOAD]: afterwards there is a whole container or none
kill_restoring() {
	local i ms n made=0
	work_start "${2:-task/threads}"
	n=$(wc -l < "$CG/cgroup.threads")
	checkpoint "$T/ckpt.tar"
	for ms in 0 2 4 6 8 10 13 16 20 25 30 40 60 100; do
		cr_daemon "$CG" "$T/mnt"
		timeout 20 tar xf "$T/ckpt.tar" -C "$T/mnt" > /dev/null 2>&1 3>&- &
		i=$!
		sleep "$(printf '0.%03d' "$ms")"
		kill "-$1" "$DAEMON"
		wait "$i" || true
		wait "$DAEMON" 2>/dev/null || true
		cr_umount "$T/mnt"
		sleep 0.3
		if cg_empty "$CG"; then
			continue
		fi
		made=$((made + 1))
		[ "$(wc -l < "$CG/cgroup.threads")" = "$n" ]
		wait_for untraced
		frozen_still
		kill_all "$CG"
	done
	echo "made $made times"
	restore "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

@test "SIGKILL while restoring: all of it or nothing" { kill_restoring KILL; }
@test "SIGKILL while restoring TCP sockets: all of it or nothing" { kill_restoring KILL fd/tcp; }
@test "SIGTERM while restoring: all of it or nothing" { kill_restoring TERM; }

@test "tar killed in the middle of a restore, then tried again" {
	work_start mm/pages
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	for part in 1 5 9; do
		head -c $(($(stat -c %s "$T/ckpt.tar") * part / 10)) "$T/ckpt.tar" | tar xf - -C "$T/mnt" 2>/dev/null || true
		cg_empty "$CG"
	done
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	work_verify
}

# Pages go straight from where they are staged to the tasks; if these are not to be, they come back.
@test "a restore that fails when memory is in place already, then only its manifest written again" {
	work_start mm/pages
	start_in "$CG" flock -F lock sleep 1000
	wait_for grep -q FLOCK /proc/locks
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	flock -F "$T/work/lock" sleep 1000 3>&- &
	echo $! >> "$T/pids"
	wait_for grep -q FLOCK /proc/locks
	not tar xf "$T/ckpt.tar" -C "$T/mnt"
	cg_empty "$CG"
	grep -q 'lock' "$T/mnt/.crfs/error"
	kill -9 "$!"
	wait "$!" || true
	tar xf "$T/ckpt.tar" -C "$T/mnt" ./manifest
	thaw "$CG"
	kill -9 "$PID"
	work_verify
}

@test "a full disk under tar" {
	work_start mm/pages
	mkdir "$T/small"
	mount -t tmpfs -o size=1m none "$T/small"
	echo "$T/small" >> "$T/mounts"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	run tar cf "$T/small/x.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	frozen_still
	thaw "$CG"
	work_verify
}

@test "tasks that come and go while it is mounted and frozen again and again" {
	cg_new churn
	start_in "$CG" bash -c 'n=0; while [ ! -e stop ]; do /bin/true & (exit 3); wait; n=$((n + 1)); done; echo "pass $n"'
	# Until setsid(1) has done its work, the session is that of the test.
	wait_for bash -c 'read -r p < "$1/cgroup.procs" && [ "$(ps -o sid= -p "$p" | tr -d " ")" = "$p" ]' _ "$CG"
	cr_mount "$CG" "$T/mnt"
	for i in 1 2 3 4 5 6 7 8; do
		cat "$T"/mnt/tasks/*/status > /dev/null 2>&1 || true
		freeze "$CG"
		timeout 20 tar cf "$T/churn.tar" -C "$T/mnt" .
		thaw "$CG"
		sleep 0.0$((i * 7))
	done
	freeze "$CG"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt"
	tar cf "$T/churn.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	restore "$T/churn.tar"
	thaw "$CG"
	sleep 0.2
	: > "$T/work/stop"
	wait_for cg_empty "$CG"
	grep -q '^pass' "$LOG"
}

@test "a task killed between mount and freeze" {
	work_start task/tree
	cr_mount "$CG" "$T/mnt"
	ls "$T/mnt/tasks" > /dev/null
	victim=$(cg_pids "$CG" | tail -n 1)
	kill -9 "$victim"
	freeze "$CG"
	tar cf "$T/ckpt.tar" -C "$T/mnt" .
	thaw "$CG"
	! tar tf "$T/ckpt.tar" | grep -q "tasks/$victim/regs"
}

@test "a task killed while the view of the frozen cgroup is read" {
	work_start mm/pages
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	ls "$T/mnt" > /dev/null
	kill_all "$CG"
	run timeout 20 tar cf /dev/null -C "$T/mnt" .
	run timeout 20 cat "$T"/mnt/mms/1/pages/*
	[ "$(crfs_state "$T/mnt")" = staging ]
}

@test "two mounts of one cgroup say the same" {
	work_start task/signals
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cr_mount "$CG" "$T/mnt2"
	mkdir "$T/a" "$T/b"
	tar cf - -C "$T/mnt" . | tar xf - -C "$T/a" &
	tar cf - -C "$T/mnt2" . | tar xf - -C "$T/b"
	wait $!
	tree_diff "$T/a" "$T/b"
	thaw "$CG"
	work_verify
}

# thawed_by_another: as another mount does that asks the tasks, thaw them and hold the lock; until $T/go is there
thawed_by_another() {
	python3 - "$CG" "$T" 3>&- 4>&- <<-'EOF'
	import fcntl, os, struct, sys, time
	cg, t = sys.argv[1:]
	fd = os.open(cg + "/cgroup.freeze", os.O_RDWR)
	fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))	# F_OFD_SETLK
	os.write(fd, b"0")
	open(t + "/thawed", "w")
	while not os.path.exists(t + "/go"):
	    time.sleep(0.01)
	os.write(fd, b"1")
	while "frozen 1" not in open(cg + "/cgroup.events").read():
	    time.sleep(0.01)
	EOF
}

@test "who looks for the first time while another mount asks the tasks waits for that" {
	cg_new other
	start_in "$CG" sleep 1000
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	thawed_by_another & other=$!
	wait_for test -e "$T/thawed"
	timeout 30 cat "$T/mnt/header" > "$T/header" & first=$!
	sleep 0.5
	touch "$T/go"
	wait $other
	wait $first
	grep -qx 'state frozen' "$T/header"
}

@test "two restores racing: one wins, the other says why, there is one container" {
	work_start task/threads
	n=$(wc -l < "$CG/cgroup.threads")
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	cr_mount "$CG" "$T/mnt2"
	tar xf "$T/ckpt.tar" -C "$T/mnt" 2> "$T/tar1.log" & one=$!
	tar xf "$T/ckpt.tar" -C "$T/mnt2" 2> "$T/tar2.log" & two=$!
	won=0
	wait $one && won=$((won + 1))
	wait $two && won=$((won + 1))
	[ "$won" = 1 ]
	[ "$(wc -l < "$CG/cgroup.threads")" = "$n" ]
	thaw "$CG"
	work_verify
}

@test "two restores racing into two cgroups: the pids decide" {
	work_start task/threads
	n=$(wc -l < "$CG/cgroup.threads")
	checkpoint "$T/ckpt.tar"
	a=$CG
	cg_new other
	b=$CG
	cr_mount "$a" "$T/mnt"
	cr_mount "$b" "$T/mnt2"
	tar xf "$T/ckpt.tar" -C "$T/mnt" 2> "$T/tar1.log" & one=$!
	tar xf "$T/ckpt.tar" -C "$T/mnt2" 2> "$T/tar2.log" & two=$!
	won=0
	wait $one && won=$((won + 1))
	wait $two && won=$((won + 1))
	[ "$won" -le 1 ]
	[ $(($(wc -l < "$a/cgroup.threads") + $(wc -l < "$b/cgroup.threads"))) = $((won * n)) ]
}

@test "a mount on a cgroup that holds the mounter is refused" {
	cg_new own
	mkdir "$T/mnt"
	# shellcheck disable=SC2016
	run bash -c 'echo $$ > "$1/cgroup.procs"; "$2" -o "cgroup=$1" "$3" 3>&- 4>&-' _ "$CG" "$BIN/crfs" "$T/mnt"
	echo "$output"
	[ "$status" -ne 0 ]
	not mountpoint -q "$T/mnt"
	[[ "$output" == *"$CG"* ]]
}

@test "a daemon moved into the cgroup it shows does not freeze itself" {
	work_start base
	cr_daemon "$CG" "$T/mnt"
	echo "$DAEMON" > "$CG/cgroup.procs"
	run timeout 10 cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	kill -9 "$DAEMON"
	work_verify
}

@test "what is shared with a task outside is a leak, by name" {
	cg_new leak
	mkfifo "$T/work/f"
	sleep 1000 <> "$T/work/f" 3>&- 4>&- & outside=$!
	echo "$outside" >> "$T/pids"
	( close_fds 2>/dev/null; exec python3 -c 'import os, time
r, w = os.pipe()
pid = os.fork()
if pid:
    open("'"$CG"'/cgroup.procs", "w").write(str(pid)); time.sleep(1000)
time.sleep(1000)' < /dev/null > "$T/work.log" 2>&1 ) &
	echo $! >> "$T/pids"
	wait_for grep -q . "$CG/cgroup.procs"
	sleep 0.2
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^E[A-Z0-9]+ [^:]+: ' "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
}

# as any other thread: in no class of its own, on all processors
ordinary() {
	local t
	for t in /proc/"$1"/task/*; do
		chrt -p "${t##*/}" | grep -q SCHED_OTHER || return 1
		[ "$(taskset -cp "${t##*/}" | cut -d: -f2)" = "$(taskset -cp $$ | cut -d: -f2)" ] || return 1
	done
}

hog() { while :; do :; done; }

@test "programs that begin to compute on every processor do not starve the daemon; what it did for speed is undone" {
	local i tar
	cg_new
	cr_daemon "$CG" "$T/mnt"
	mkdir -p "$T/tree/files"
	for ((i = 0; i < 8000; i++)); do
		echo "$i" > "$T/tree/files/$i"
	done
	tar cf "$T/tree.tar" -C "$T/tree" .
	timeout 60 tar xf "$T/tree.tar" -C "$T/mnt" &
	tar=$!
	sleep 0.15
	for ((i = 0; i < 2 * $(nproc); i++)); do
		( close_fds; hog ) &
		echo $! >> "$T/hogs"
	done
	wait "$tar"
	xargs kill < "$T/hogs"
	wait_for ordinary "$DAEMON"
	[ "$(find "$T/mnt/files" -type f | wc -l)" = 8000 ]
}

@test "a restore that fails while threads are being made leaves none, and says why" {
	local i
	cg_new threads
	# A child with many threads, and one further down, and so later, with a mapping for which there will be no room.
	start_in "$CG" python3 -uc 'import mmap, os, sys, threading, time
if os.fork() == 0:
	threading.stack_size(65536)
	for i in range(1000): threading.Thread(target=time.sleep, args=(1000,)).start()
	open("up1", "w"); time.sleep(1000)
for i in range(4):
	if os.fork(): time.sleep(1000)
if os.fork() == 0:
	m = mmap.mmap(-1, 1 << 45, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
	open("up2", "w"); time.sleep(1000)
time.sleep(1000)'
	wait_for test -e "$T/work/up1" -a -e "$T/work/up2"
	checkpoint "$T/ckpt.tar"
	for i in 1 2 3 4 5 6; do
		(ulimit -S -v $((1 << 23)); cr_mount "$CG" "$T/mnt")
		run timeout -k 5 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
		[ "$status" = 2 ]
		grep -q 'ENOMEM tasks/[0-9]*: mapping memory' "$T/mnt/.crfs/error"
		cg_empty "$CG"
		cr_umount "$T/mnt"
	done
}
