#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unix listeners: absolute, relative, abstract, unlinked, linked elsewhere, of two names; stream and seqpacket; backlog, options, mode.
load ../../helpers

@test "fd/unix_listener comes back" {
	roundtrip fd/unix_listener
}

@test "a name of the file in another directory is lost, by name" {
	work_start fd/unix_listener elsewhere
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^ENODATA files/[0-9]+: lost: names of /.*/here in other directories, of 2 that it has: they will lead nowhere$' \
		"$T/mnt/unsupported"
	not cat "$T/mnt/manifest"
	thaw "$CG"
	work_verify
}
