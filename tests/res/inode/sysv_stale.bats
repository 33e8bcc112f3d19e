#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of the machine whose last user had the number that a task of the container has now: they stay where they are.
load ../../helpers

clean_up() {
	local id
	while read -r id; do ipcrm -s "$id"; done < "$T/work/sets"
	while read -r id; do ipcrm -q "$id"; done < "$T/work/queues"
	while read -r id; do ipcrm -m "$id"; done < "$T/work/segments"
} 2> /dev/null

@test "what was used by one of the same number is not the container's" {
	: > "$T/work/keep"
	roundtrip inode/sysv_stale
	if tar xf "$T/ckpt.tar" -O --wildcards './inodes/*/status' | grep '^type sysv'; then return 1; fi
	[ "$(wc -l < "$T/work/sets")" = 2 ]
	while read -r id; do ipcs -s -i "$id" | grep -qE '^0 +5 '; done < "$T/work/sets"
	while read -r id; do ipcs -q -i "$id" | grep -q 'qnum=1'; done < "$T/work/queues"
}
