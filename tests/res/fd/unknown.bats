#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What no room knows is refused by name, and the container goes on unharmed.
load ../../helpers

@test "what fd/unknown takes stands in unsupported, tar fails, the container goes on" {
	work_start fd/unknown
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^E[A-Z0-9]+ files/[0-9]+: .*io_uring. with 3 requests not taken, 2 in flight and 1 results not seen' "$T/mnt/unsupported"
	not grep -q 'other names' "$T/mnt/unsupported"
	grep -qE '^E[A-Z0-9]+ files/[0-9]+: .*a not listening vsock' "$T/mnt/unsupported"
	grep -q "^has" "$LOG"
	for kind in $(sed -n 's/^has //p' "$LOG"); do
		grep -qE "^E[A-Z0-9]+ files/[0-9]+: .*$kind.* cannot be carried" "$T/mnt/unsupported" ||
			{ echo "not named: $kind"; return 1; }
	done
	run tar cf "$T/x.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	[[ "$output" == *"not supported"* ]]
	thaw "$CG"
	work_verify
}
