#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A mount namespace of its own: a proc of the pid namespace, a tmpfs with files, a bind mount, propagation.
load ../../helpers

@test "ns/mnt comes back" {
	STARTER=start_ns_in roundtrip ns/mnt
}

@test "several mount namespaces, with peers and slaves in each other" {
	STARTER=start_ns_in roundtrip ns/mnt_many
}

@test "a mount namespace whose tasks have all changed their root" {
	STARTER=start_ns_in roundtrip ns/mnt_chroot
}
