#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fanotify: marks of every kind.
load ../../helpers

@test "fd/fanotify comes back" {
	roundtrip fd/fanotify
}

@test "fanotify events that were not read are named" {
	work_start fd/fanotify
	touch "$T/work/watched/x"
	rm "$T/work/watched/x"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^ENODATA files/[0-9]+: lost: [0-9]+ bytes of fanotify events' "$T/mnt/unsupported"
}

@test "a mark whose events wait for an answer is refused" {
	work_start fd/fanotify permission
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE '^EOPNOTSUPP files/[0-9]+: a fanotify mark whose events wait' "$T/mnt/unsupported"
	thaw "$CG"
	work_verify
}
