#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Tasks and memory that cannot be asked or carried, or that others have as well: each is named, and goes on unharmed.
load common

suid_dumpable_back() {
	[ ! -e "$T/suid_dumpable" ] || cat "$T/suid_dumpable" > /proc/sys/fs/suid_dumpable
}
clean_up() { suid_dumpable_back; }

@test "refusals: code32" { refused refusals code32 '^EOPNOTSUPP tasks/[0-9]+: a 32-bit task: only 64-bit tasks can be carried'; }
@test "refusals: all_signals" { refused refusals all_signals '^EAGAIN tasks/[0-9]+: every signal that could end a tape unnoticed is on its way to it'; }
@test "refusals: no_stack" { refused refusals no_stack '^EFAULT tasks/[0-9]+: no room for a tape in its memory: it has neither its first stack nor a vdso'; }
@test "refusals: thread_overrun" { refused refusals thread_overrun '^ENODATA tasks/[0-9]+: lost: overrun [0-9]+ of POSIX timer [0-9]+, which signals a thread'; }
@test "refusals: orphan_timer" { refused refusals orphan_timer '^EOPNOTSUPP tasks/[0-9]+: POSIX timer 0 counts the CPU time of a thread that is gone: let the program delete it'; }
@test "refusals: cwd_covered" { refused refusals cwd_covered '^ENOENT tasks/[0-9]+: its .*/covered is removed or mounted over: let it go elsewhere'; }
@test "refusals: vdso_written" { refused refusals vdso_written '^EOPNOTSUPP mms/[0-9]+: the code of the vdso was changed: remove the probes in it'; }
@test "refusals: code_probed" { refused refusals code_probed '^EOPNOTSUPP mms/[0-9]+: the code of .*/refusals is probed at 0x[0-9a-f]+ \(uprobes: perf, bpftrace\): take the probes off'; }
@test "refusals: half_read" { refused refusals half_read '^ENODATA files/[0-9]+: lost: how far .*/own/half has been read, whose entries come back in another order'; }
@test "a directory of a tmpfs that was read to its end, or not at all, is none that was read in part" {
	work_start odd/refusals half_read
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(grep -c 'has been read' "$T/mnt/unsupported")" = 1 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
@test "refusals: flagged, a file" { refused refusals flagged '^ENODATA inodes/[0-9]+: lost: that fixed in a tmpfs is immutable \(chattr \+i\)'; }
@test "refusals: flagged, a memfd" { refused refusals flagged '^ENODATA inodes/[0-9]+: lost: that a memfd is only appended to \(chattr \+a\)'; }
@test "refusals: flagged, with an attribute" { refused refusals flagged '^ENODATA inodes/[0-9]+: lost: extended attribute trusted.crfs of a memfd'; }

# look REGEX: the frozen container has this obstacle, and no manifest
look() {
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$1" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
}

# out PID: to another cgroup
out() {
	local cg=$CG
	cg_new outside
	echo "$1" > "$CG/cgroup.procs"
	CG=$cg
}

@test "a process group whose leader is outside" {
	cg_new group
	start_in "$CG" python3 -c 'import os, time
a = os.fork()
if not a:
	os.setpgid(0, 0)
	b = os.fork()
	if b:
		print(os.getpid(), flush=True)
	time.sleep(1000)
time.sleep(1000)'
	wait_for test -s "$LOG"
	out "$(cat "$LOG")"
	freeze "$CG"
	look "^EXDEV tasks/[0-9]+: its process group $(cat "$LOG") is led from outside: start the container with setsid\(1\)"
}

@test "a descriptor table that a process outside has, too" {
	cg_new files
	start_in "$CG" python3 -c 'import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
pid = libc.syscall(56, 0x400 | 17, 0, 0, 0, 0)	# clone(CLONE_FILES | SIGCHLD)
if not pid:
	time.sleep(1000)
print(pid, flush=True)
time.sleep(1000)'
	wait_for test -s "$LOG"
	out "$(cat "$LOG")"
	freeze "$CG"
	look "^EXDEV tasks/[0-9]+: shares its [a-z ]+ with process $(cat "$LOG") outside the cgroup: end that, or move it in"
}

@test "SIGSTOP on its way to a frozen task" {
	cg_new stop
	start_in "$CG" sleep 1000
	wait_for grep -q . "$CG/cgroup.procs"
	sleep 0.2
	freeze "$CG"
	kill -STOP "$(cat "$CG/cgroup.procs")"
	look '^EAGAIN tasks/[0-9]+: SIGSTOP is on its way to it: thaw it for a moment'
}

@test "a namespace that a process outside is in" {
	cg_new ns
	start_in "$CG" unshare --uts --net sleep 1000
	wait_for grep -q . "$CG/cgroup.procs"
	wait_for grep -qx sleep "/proc/$(cat "$CG/cgroup.procs")/comm"
	nsenter -t "$(cat "$CG/cgroup.procs")" --uts sleep 1000 3>&- 4>&- & guest=$!
	echo "$guest" >> "$T/pids"
	sleep 0.3
	freeze "$CG"
	look "^EXDEV ns/uts-[0-9]+: process $guest outside the cgroup is in it: end that, or move it in"
}

@test "a user namespace that a process outside is in" {
	cg_new user
	start_in "$CG" unshare --user --map-root-user sleep 1000
	wait_for grep -q . "$CG/cgroup.procs"
	wait_for grep -qx sleep "/proc/$(cat "$CG/cgroup.procs")/comm"
	nsenter -t "$(cat "$CG/cgroup.procs")" --user sleep 1000 3>&- 4>&- & guest=$!
	echo "$guest" >> "$T/pids"
	sleep 0.3
	freeze "$CG"
	look "^ENODATA ns/user-[0-9]+: lost: process $guest outside the cgroup is in it, and will not be in what comes back"
}

@test "limits of a user namespace" {
	cg_new limits
	# shellcheck disable=SC2016
	start_in "$CG" unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
		echo 7 > /proc/sys/user/max_inotify_watches; exec sleep 1000'
	wait_for grep -q . "$CG/cgroup.procs"
	wait_for grep -qx sleep "/proc/$(cat "$CG/cgroup.procs")/comm"
	freeze "$CG"
	look "^ENODATA ns/user-[0-9]+: lost: 2 of its limits \(/proc/sys/user\)"
}

@test "a map of project ids" {
	cg_new projects
	start_in "$CG" unshare --user --map-root-user sleep 1000
	wait_for grep -q . "$CG/cgroup.procs"
	pid=$(cat "$CG/cgroup.procs")
	wait_for grep -qx sleep "/proc/$pid/comm"
	echo "0 1000 10" > "/proc/$pid/projid_map"
	freeze "$CG"
	look "^ENODATA ns/user-[0-9]+: lost: its map of project ids \(projid_map\)"
}

@test "a mounter who may not trace" {
	cg_new caps
	start_in "$CG" sleep 1000
	wait_for grep -q . "$CG/cgroup.procs"
	freeze "$CG"
	run setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace timeout 30 "$BIN/crtar" create --cgroup "$CG" -f "$T/x.tar" 3>&- 4>&-
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"EPERM tasks/"*": PTRACE_SEIZE: mount with the right to trace it (CAP_SYS_PTRACE)"* ]]
}

@test "a mounter who may not read seccomp filters" {
	work_start task/seccomp
	freeze "$CG"
	run setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin timeout 30 "$BIN/crtar" create --cgroup "$CG" -f "$T/x.tar" 3>&- 4>&-
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"EPERM tasks/"*": PTRACE_SEIZE: it has seccomp filters: mount with CAP_SYS_ADMIN"* ]]
	thaw "$CG"
	work_verify
}

@test "a task that comes back with less of dumpable" {
	cat /proc/sys/fs/suid_dumpable > "$T/suid_dumpable"
	echo 2 > /proc/sys/fs/suid_dumpable
	cg_new dumpable
	start_in "$CG" python3 -c 'import ctypes, os, time
os.setresuid(1234, 1234, 1234)
print(ctypes.CDLL(None).prctl(3), flush=True)	# PR_GET_DUMPABLE
time.sleep(1000)'
	wait_for test -s "$LOG"
	suid_dumpable_back
	grep -qx 2 "$LOG"
	freeze "$CG"
	look '^ENODATA mms/[0-9]+: lost: dumpable 2 \(fs.suid_dumpable\) comes back as 0'
}

@test "an overlay whose layers are told by relative paths" {
	cg_new layers
	# shellcheck disable=SC2016
	start_in "$CG" unshare --mount bash -c 'mount -t tmpfs none . && cd . && cd "$PWD" && mkdir l u w m &&
		mount -t overlay ov m -o lowerdir=l,upperdir=u,workdir=w && cd / && exec sleep 1000'
	wait_for grep -qx sleep "/proc/$PID/comm"
	freeze "$CG"
	look '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/m \(overlay\): its layers are not where its options say, as absolute paths: mount it so'
}

@test "a mounter who may not read what timers a task has" {
	cg_new timers
	start_in "$CG" sleep 1000
	wait_for grep -qx sleep "/proc/$PID/comm"
	freeze "$CG"
	# shellcheck disable=SC2016
	run unshare --mount timeout 30 bash -c 'mount -t tmpfs -o nodev none /mnt && mknod /mnt/none c 1 3 &&
		mount --bind /mnt/none "/proc/$1/timers" && exec "$2" create --cgroup "$3" -f "$4"' \
		_ "$PID" "$BIN/crtar" "$CG" "$T/x.tar" 3>&- 4>&-
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"EACCES tasks/"*": /proc/$PID/timers: its timers cannot be read"* ]]
}

@test "a cgroup namespace above whose root all its tasks are" {
	cg_new root
	mkdir "$CG/below"
	(
		close_fds
		echo "$BASHPID" > "$CG/below/cgroup.procs"
		# shellcheck disable=SC2016
		exec setsid unshare --cgroup bash -c 'echo 0 > "$1/cgroup.procs"; exec sleep 1000' _ "$CG"
	) < /dev/null > /dev/null 2>&1 &
	wait_for grep -q . "$CG/cgroup.procs"
	freeze "$CG"
	look '^EOPNOTSUPP ns/cgroup-[0-9]+: no task in it is below its root: move one there'
}

# with_filters N: a task that has so many, each of which allows everything
with_filters() {
	start_in "$CG" python3 -c 'import ctypes, sys, time
class insn(ctypes.Structure):
	_fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]
class prog(ctypes.Structure):
	_fields_ = [("len", ctypes.c_uint16), ("insns", ctypes.POINTER(insn))]
libc = ctypes.CDLL(None)
allow = prog(1, ctypes.pointer(insn(6, 0, 0, 0x7fff0000)))
for i in range(int(sys.argv[1])):
	assert libc.syscall(317, 1, 0, ctypes.byref(allow)) == 0	# seccomp(SECCOMP_SET_MODE_FILTER)
print("done", flush=True)
time.sleep(1000)' "$1"
	wait_for grep -qx done "$LOG"
	freeze "$CG"
}

@test "more seccomp filters than can be carried" {
	cg_new filters
	with_filters 1025
	look '^E2BIG tasks/[0-9]+: more than 1024 seccomp filters: run it with fewer'
}

@test "as many seccomp filters as can be carried" {
	cg_new filters
	with_filters 1024
	there_and_back
	[ "$(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$(cat "$CG/cgroup.procs")/status")" = 1024 ]
}
@test "refusals: two_reapers" { refused refusals two_reapers '^EOPNOTSUPP tasks/[0-9]+: is in a session whose leader is dead, and has another parent than its members: end one of the tasks before the checkpoint'; }

# keys PROGRAM CASE REGEX: as refused, where the kernel's memory tells
keys() {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	refused "$@"
}
@test "refusals: session_keys" { keys refusals session_keys '^ENODATA tasks/[0-9]+: lost: its session keyring crfs.ring, with 1 keys: keys are not carried'; }
@test "refusals: users_keys, in the user's keyring" { keys refusals users_keys '^ENODATA ns/user-[0-9]+: lost: its keyring _uid.0, with 1 keys: keys are not carried'; }
@test "refusals: users_keys, in that of its sessions" { keys refusals users_keys '^ENODATA ns/user-[0-9]+: lost: its keyring _uid_ses.0, with 2 keys: keys are not carried'; }
@test "refusals: pressure_trigger" { refused refusals pressure_trigger '^ENODATA files/[0-9]+: lost: the trigger of /proc/pressure/memory \(PSI\)'; }
@test "refusals: told_of_processes" { refused refusals told_of_processes '^ENODATA files/[0-9]+: lost: that it is told of processes \(PROC_CN_MCAST_LISTEN\), if so'; }
@test "refusals: packet_errors" {
	work_start odd/refusals packet_errors
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: an error that the program was not yet told of \(SO_ERROR\)' "$T/mnt/unsupported")" = 2 ]
	not cat "$T/mnt/manifest"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
@test "refusals: cgroup_of_version_1" {
	work_start odd/refusals cgroup_of_version_1
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qxE 'ENODATA tasks/[0-9]+: lost: that it is in /crfs-[0-9]+ of devices \(cgroups of version 1\): it will be where whoever restores is' \
		"$T/mnt/unsupported"
	[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
	not cat "$T/mnt/manifest"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
@test "refusals: numbered" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	work_start odd/refusals numbered
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: the numbers of what it sends with MSG_ZEROCOPY: they begin with 0' "$T/mnt/unsupported")" = 1 ]
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: the numbers of times of what it sends \(SOF_TIMESTAMPING_OPT_ID\): ' "$T/mnt/unsupported")" = 2 ]
	[ "$(wc -l < "$T/mnt/unsupported")" = 3 ]
	not cat "$T/mnt/manifest"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
@test "refusals: saved_syn" {
	work_start odd/refusals saved_syn
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^ENODATA files/[0-9]+: lost: the first packet of its peer, which the program has not asked for \(TCP_SAVED_SYN\)' "$T/mnt/unsupported"
	[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
	not cat "$T/mnt/manifest"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
