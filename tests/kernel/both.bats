#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every workload: the kernel filesystem shows what the FUSE filesystem shows, byte for byte, in the same
# order, or refuses by name what tests/kernel/refused lists. ONLY: a pattern of workloads.

load helpers

setup_file() { vm_boot; }
teardown_file() { vm_end; }

# Those in these directories; of tests/work/odd every case
workloads() {
	local w
	for w in $(cd "$REPO/build/work" && find "$@" -type f -perm /1 | sort); do
		case $w in
		odd/*) "$REPO/build/work/$w" | sed "s|^|$w |" ;;
		*) echo "$w" ;;
		esac
	done
}

# one WORKLOAD..: the same on both; or refused
one() {
	local why
	why=$(refused "$*")
	if [ "${why#!}" != "$why" ]; then
		guest ". /crfs/both; fuse_refused '${why#!}' $*"
	elif [ -n "$why" ]; then
		guest ". /crfs/both; both_refused '$why' $*"
	else
		guest ". /crfs/both; both $*"
	fi
}

# group NAME...: all workloads of these directories
group() {
	local w bad=0 rc list
	mapfile -t list < <(workloads "$@")
	for w in "${list[@]}"; do
		# shellcheck disable=SC2254
		case $w in ${ONLY:-*}) ;; *) continue ;; esac
		rc=0
		# shellcheck disable=SC2086
		one $w > "$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
		if [ $rc = 77 ]; then
			echo "# $w: $(grep -m1 '^skip:' "$BATS_TEST_TMPDIR/out")" >&3
		elif [ $rc != 0 ]; then
			echo "--- $w: $rc"
			head -n 40 "$BATS_TEST_TMPDIR/out"
			bad=1
		fi
	done
	console_clean
	[ $bad = 0 ]
}

@test "base, root: the same on both" { group base root; }
@test "task: the same on both" { group task; }
@test "fd: the same on both" { group fd; }
@test "mm: the same on both" { group mm; }
@test "inode: the same on both" { group inode; }
@test "ns: the same on both" { group ns; }
@test "odd cases: the same on both" { group odd; }

@test "life: generations, ESTALE, a cgroup that goes, unmount while read, rmmod while mounted" {
	guest '. /crfs/both; . /crfs/life; life'
	console_clean
}

@test "life: freeze and thaw under many readers, then kill" {
	guest '. /crfs/both; . /crfs/life; storm'
	console_clean
}
