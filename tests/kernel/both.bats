#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every workload: the kernel filesystem shows what the FUSE filesystem shows, byte for byte, in the same
# order, or refuses by name what tests/kernel/refused lists. ONLY: a pattern of workloads.

load helpers

setup_file() {
	mkdir -p "$REPO/build/log"
	rm -f "$REPO/build/log/kernel-$KERNEL-both.times"
	# What is swapped out, overlays, netfilter's log. Not in guests that keep book: they would take what a module's
	# init, gone by then, has allocated for crfs's, which stands in its place.
	export VM_MODULES="overlay brd tun veth nfnetlink nfnetlink_log"
	vm_boot
}
teardown_file() { vm_end; }

# Those in these directories; of tests/work/odd every case
workloads() {
	local w
	for w in $(cd "$REPO/build/work" && find "$@" -type f -perm /1 | sort); do
		case $w in
		odd/*) "$REPO/build/work/$w" | sed "s|^|$w |" ;;
		inode/uring)
			printf '%s\n' "$w" "$w "{flight,files,buffers,eventfd,alone}
			# 6.11: a frozen task is told what has ended
			[ "$KERNEL" = 6.1 ] || echo "$w soon" ;;
		*) echo "$w" ;;
		esac
	done
}

# how WORKLOAD..: is it looked at? A function of tests/kernel/both and its arguments
how() {
	local why
	why=$(refused "$*")
	case $why in
	'') echo "both $*" ;;
	=*) echo "kernel_alone $*" ;;
	'~'*) echo "fuse_before $*" ;;
	!*)
		why=${why#!}
		echo "fuse_refused ${why@Q} $*" ;;
	*) echo "both_refused ${why@Q} $*" ;;
	esac
}

# group NAME...: all workloads of these directories. To reach the guest takes as long as a workload: all in one go.
group() {
	local w n=0 rc=0 list='. /crfs/both'
	while read -r w; do
		# shellcheck disable=SC2254
		case $w in ${ONLY:-*}) ;; *) continue ;; esac
		# shellcheck disable=SC2086
		list+="; one $(how $w)"
		n=$((n + 1))
	done < <(workloads "$@")
	LIMIT=$((600 + 30 * n)) guest "$list" > "$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
	sed -n 's/^@ \(.* ms\)$/\1/p' "$BATS_TEST_TMPDIR/out" >> "$REPO/build/log/kernel-$KERNEL-both.times"
	grep '^# ' "$BATS_TEST_TMPDIR/out" >&3 || true
	if [ $rc != 0 ]; then
		tail -n 80 "$BATS_TEST_TMPDIR/out"
	else
		grep -v '^[@#] ' "$BATS_TEST_TMPDIR/out" || true
	fi
	console_clean
	[ $rc = 0 ]
	# A line that begins with a ! would fail nothing.
	[ "$(grep -c '^--- ' "$BATS_TEST_TMPDIR/out")" = 0 ]
	[ "$(grep -c '^@ .* ms$' "$BATS_TEST_TMPDIR/out")" = $n ]
}

@test "base, root: the same on both" { group base root; }
@test "task: the same on both" { group task; }
@test "fd: the same on both" { group fd; }
@test "mm: the same on both" { group mm; }
@test "inode: the same on both" { group inode; }
@test "ns: the same on both" { group ns; }
@test "odd cases: the same on both" { group odd; }

@test "what is declared external: the same on both, of every kind" {
	guest '. /crfs/both; . /crfs/trip; . /crfs/external; external_both'
	console_clean
}

@test "a child in vfork(2) that will call execve(2) soon is waited for" {
	guest '. /crfs/both; kernel_alone task/vfork exec'
	console_clean
}

@test "programs that start programs all the time, frozen until some wait in vfork(2)" {
	guest '. /crfs/both; . /crfs/life; starters'
	console_clean
}

@test "life: generations, ESTALE, a cgroup that goes, unmount while read, rmmod while mounted" {
	guest '. /crfs/both; . /crfs/life; life'
	console_clean
}

@test "life: files that are called as what has no name, and a task that is traced" {
	guest '. /crfs/both; . /crfs/life; alike'
	console_clean
}

@test "life: freeze and thaw under many readers, then kill" {
	guest '. /crfs/both; . /crfs/life; storm'
	console_clean
}

@test "life: looked at while the other filesystem thaws for a moment" {
	guest '. /crfs/both; . /crfs/life; glances'
	console_clean
}

# part NAME: of tests/kernel/life; with probes, which a kernel of one's own may not have
part() {
	run guest ". /crfs/both; . /crfs/life; . /crfs/trip; $1"
	echo "$output"
	console_clean
	[ "$status" != 77 ] || skip "${output#skip: }"
	[ "$status" = 0 ]
}

@test "life: digests are taken by another CPU" { part digests; }
@test "life: digests are taken by a CPU that has no time, and whoever is concerned goes" { part digests_late; }
