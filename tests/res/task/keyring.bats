#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Session keyrings: with keys in it, it is named; else nothing is lost.
load ../../helpers

@test "a session keyring with keys is lost by name, once" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	work_start task/keyring full
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	[ "$(grep -cE '^ENODATA tasks/[0-9]+: lost: its session keyring _ses, with 1 keys: keys are not carried$' \
		"$T/mnt/unsupported")" = 1 ]
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "one in which nothing is, or nothing but the user's, is no loss" {
	roundtrip task/keyring
	rm "$CRFS_GO"
	roundtrip task/keyring user
}
