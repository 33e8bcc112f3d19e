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

@test "parts of a sysfs that is nowhere whole, and what a process took along to other mounts" {
	STARTER=start_ns_in roundtrip ns/mnt_parts
}

@test "a mount namespace whose tasks have all changed their root" {
	STARTER=start_ns_in roundtrip ns/mnt_chroot
}

@test "mounts of what was deleted in a tmpfs of its own" {
	STARTER=start_ns_in roundtrip ns/mnt_gone
}

@test "mounts that show namespaces, also such as nobody is in" {
	STARTER=start_ns_in roundtrip ns/mnt_held
}

@test "networks that ip-netns(8) has made, with a program in one" {
	cg_new netns
	# shellcheck disable=SC2016
	start_ns_in "$CG" bash -c 'mount -t tmpfs none /run && ip netns add empty && ip netns add one &&
		ip -n one link set lo up && ip -n one link add va type veth peer name vb netns empty &&
		ip -n empty addr add 10.98.0.2/24 dev vb || exit 1
		ip netns exec one sleep 1000 &
		until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
		sleep 0.3; echo ready; exec sleep 1000'
	wait_for grep -qx ready "$LOG"
	there_and_back
	pid=$(head -n 1 "$CG/cgroup.procs")
	inside() { nsenter -t "$pid" -m -n -p "$@"; }
	[ "$(inside ip netns list | sed 's/ .*//' | sort | tr '\n' ' ')" = "empty one " ]
	inside ip -n one -o link show lo | grep -q 'LOOPBACK,UP'
	inside ip -n empty -o addr show dev vb | grep -q 10.98.0.2
	[ "$(inside ip netns pids one | wc -l)" = 1 ]
	[ "$(inside ip netns pids empty | wc -l)" = 0 ]
}
