#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces that no task is in, but that descriptors or sockets of the container hold.
load ../../helpers

@test "networks and a host name that nobody is in come back" {
	STARTER=start_net_in roundtrip ns/held
}

# outside COMMAND...: it holds what the container holds; then that is not the container's
outside() {
	grep -qE '^EXDEV files/[0-9]+: (net|uts):\[[0-9]+\] is a namespace that no task of the container is in' "$T/mnt/unsupported"
}

@test "one that somebody outside has, too, is refused" {
	STARTER=start_net_in work_start ns/held
	local pid
	pid=$(head -n 1 "$CG/cgroup.procs")
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in uts:*) break ;; esac
	done
	sleep 300 < "$fd" 3>&- 4>&- & HOLDER=$!
	echo "$HOLDER" >> "$T/pids"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	outside
	cr_umount "$T/mnt"
	kill "$HOLDER"
	wait "$HOLDER" || true
	: > "$T/kept"
	mount --bind "$fd" "$T/kept"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	outside
	cr_umount "$T/mnt"
	umount "$T/kept"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
}
