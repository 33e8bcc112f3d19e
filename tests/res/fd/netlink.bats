#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Netlink sockets: port, groups, peer, options; a request is answered, a message comes through.
load ../../helpers

@test "fd/netlink comes back" {
	roundtrip fd/netlink
}

@test "groups of generic netlink come back by their names; one that is not here is named" {
	work_start fd/netlink_generic
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	f=$(cd "$T/base" && grep -lx 'nlctrl/notify 1' files/* | head -n 1)
	sed -i 's|^nlctrl/notify 1|nlctrl/nothing 1|' "$T/base/$f"
	remanifest "$T/base"
	run tar xf <(tar cf - -C "$T/base" .) -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -qE "^ENOENT $f: group nlctrl/nothing of generic netlink is not here" "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

@test "what waits of its groups is named as lost, and the program is told that it has missed something" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in work_start fd/netlink_overrun
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: [0-9]+ messages to its netlink groups: the program is told that' \
		"$T/mnt/unsupported")" = 2 ]
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: [0-9]+ messages to its netlink groups: the program is not told' \
		"$T/mnt/unsupported")" = 1 ]
	[ "$(wc -l < "$T/mnt/unsupported")" = 3 ]
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" lossy
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt" lossy
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	run fixed_point "$T/ckpt.tar"
	[ "$(grep '^differs' <<< "$output")" = "differs: unsupported" ]
	thaw "$CG"
	work_verify
	[ "$(grep -c '^missed' "$LOG")" = 2 ]
}
