#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Cgroup namespaces: of the container's cgroup, of one below, one whose maker has left its root; and of one above.
load ../../helpers

@test "ns/cgroup comes back" {
	roundtrip ns/cgroup
}

@test "in another cgroup, which is not frozen" {
	work_start ns/cgroup
	checkpoint "$T/ckpt.tar"
	cg_new other
	cr_mount "$CG" "$T/mnt"
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = running ]
	work_verify
}

@test "a root above the container's cgroup" {
	cg_new above
	local up=$CG
	mkdir "$CG/in"
	# shellcheck disable=SC2016
	(
		close_fds
		echo "$BASHPID" > "$up/cgroup.procs"
		exec setsid unshare --cgroup bash -c 'echo 0 > "$1/in/cgroup.procs"; exec sleep 100' _ "$up"
	) < /dev/null > /dev/null 2>&1 &
	CG=$up/in
	wait_for grep -q . "$CG/cgroup.procs"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE '^EXDEV ns/cgroup-[0-9]+: its root .* is not below the container.s cgroup: ' "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
}
