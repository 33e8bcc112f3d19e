#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every allocation of the kernel filesystem fails once: what is looked at or restored fails with ENOMEM, or is the
# same as ever; why is in .crfs/error; the next attempt succeeds, and nothing is left: no task, address space, file,
# nor anything that the module has allocated. And what is looked at, or restores, is killed everywhere in the middle. SWEEP=all: of every workload that it can show; it takes long.
load helpers

# Two that have something of many things
LOOK="fd/epoll inode/ghost"
# Some whose tasks have relatives, threads, signals, timers, and who is asked by way of the helper
KILLED="task/tree task/threads task/timers ns/pid ns/net fd/unix fd/mqueue"

setup_file() {
	export MODULE=crfs-fault
	vm_boot slub_debug=FZPU
}
teardown_file() { vm_end; }

in_guest() {
	guest ". /crfs/both; . /crfs/life; . /crfs/trip; . /crfs/nomem; $1"
}

sweep() {
	local w bad=0 rc
	for w in "${@:2}"; do
		rc=0
		LIMIT=1800 in_guest "without_leaks $1 $w" > "$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
		if [ $rc != 0 ] && [ $rc != 77 ]; then
			echo "--- $w: $rc"
			head -n 40 "$BATS_TEST_TMPDIR/out"
			bad=1
		fi
	done
	console_clean
	[ $bad = 0 ]
}

@test "what is held and what is left is seen" { in_guest leaks_are_seen; }
@test "no memory while a container is looked at" {
	# shellcheck disable=SC2086
	sweep nomem_look $LOOK
}
@test "no memory while a container is restored" {
	sweep nomem_restore base
}

@test "killed in the middle of being looked at" {
	# Others in the mounter's IPC namespace have semaphores, too.
	in_guest 'both_start inode/sysv_sem; mkdir -p /sys/fs/cgroup/else; set_frozen 0; for p in $(cat $CG/cgroup.procs); do echo $p > /sys/fs/cgroup/else/cgroup.procs; done'
	# shellcheck disable=SC2086
	sweep killed_look $KILLED
	in_guest 'echo 1 > /sys/fs/cgroup/else/cgroup.kill'
}

@test "the helper is killed at each kind of system call" {
	LIMIT=1800 guest '. /crfs/both; . /crfs/life; . /crfs/trip; . /crfs/fault; . /crfs/nomem; without_leaks fault_kinds fd/pipe'
	console_clean
}

@test "no memory, all workloads" {
	local w all=()
	[ "${SWEEP:-}" = all ] || skip "SWEEP=all"
	for w in $(cd "$REPO/build/work" && find base task fd mm inode ns -type f -perm /1 | sort); do
		[ -n "$(refused "$w")" ] || all+=("$w")
	done
	sweep nomem_look "${all[@]}"
	sweep nomem_restore task/threads fd/pipe fd/memfd mm/pages inode/ghost
}
