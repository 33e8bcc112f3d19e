#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# io_urings: where both sides are in their rings, and what is in them; what more there is of one is refused.
load ../../helpers

@test "inode/uring comes back" {
	roundtrip inode/uring
}

@test "a request that ends soon is waited for" {
	[ "$(printf '%s\n' 6.11 "$(uname -r)" | sort -V | head -n 1)" = 6.11 ] || skip "needs Linux 6.11"
	for i in 1 2 3; do
		roundtrip inode/uring soon
		rm -f "$T/go"
		: > "$T/work.log"
		rm "$T/ckpt.tar"
	done
}

# refused SENTENCE HOW: by name, and it goes on
refused() {
	work_start inode/uring "$2"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "^E[A-Z]+ files/[0-9]+: anon_inode:\[io_uring\] with $1 cannot be carried: " "$T/mnt/unsupported"
	[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
	not cat "$T/mnt/manifest" > /dev/null
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "a request in flight is refused, with how many there are" {
	refused '0 requests not taken, 1 in flight and 0 results not seen' flight
}

@test "registered files are refused" {
	refused '2 registered files and 0 buffers' files
}

@test "registered buffers are refused" {
	refused '0 registered files and 1 buffers' buffers
}

@test "a registered eventfd is refused" {
	refused 'an eventfd' eventfd
}

@test "one that one thread alone may use is refused" {
	refused 'flags 0x1000 of io_uring_setup' alone
}
