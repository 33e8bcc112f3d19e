#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unix sockets that do not listen: pairs, connections, datagrams; queues, half-closed, peers that are gone.
load ../../helpers

@test "fd/unix comes back: a pair with bytes in both directions" {
	roundtrip fd/unix stream
}

@test "fd/unix comes back: socketpairs of all types, full, half-closed, with an end closed" {
	roundtrip fd/unix pairs
}

@test "fd/unix comes back: connections by path and abstract, accepted and waiting, listeners gone" {
	roundtrip fd/unix connections
}

@test "fd/unix comes back: datagrams, many senders to one, connected elsewhere, senders gone" {
	roundtrip fd/unix dgram
}

@test "fd/unix comes back: SO_PEERCRED and SO_PEERGROUPS of other users, and of the dead" {
	roundtrip fd/unix makers
}

@test "fd/unix comes back in a pid namespace of its own" {
	for kind in pairs connections dgram; do
		STARTER=start_ns_in roundtrip fd/unix "$kind"
		rm -rf "$T/work" "$T/go" "$T/one" "$T/two"
		mkdir "$T/work"
	done
}

@test "a dead maker in a pid namespace of its own comes back" {
	STARTER=start_ns_in roundtrip fd/unix makers
}

@test "the pid of a dead maker in a pid namespace of its own is lost without BTF, by name" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_ns_in work_start fd/unix makers
	freeze "$CG"
	mkdir "$T/mnt"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf
		"$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" "$T/mnt" ) \
		> "$T/unsupported" 2>&1 < /dev/null
	cat "$T/unsupported"
	[ "$(grep -cE '^ENODATA files/[0-9]+: lost: who made it .* was pid [0-9]+, which is dead' "$T/unsupported")" = 2 ]
	! grep -v '^ENODATA' "$T/unsupported"
}

# refused KIND REGEX: $WORKLOAD is, with such a line, and goes on
refused() {
	work_start fd/unix "$1"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$2" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "fd/unix comes back: data sent into connections that wait" {
	roundtrip fd/unix early
}

@test "descriptors that only a connection that waits has are refused by name" {
	refused early_only '^EOPNOTSUPP files/[0-9]+: .*descriptors that nobody else has were sent into a connection'
}

@test "fd/unix comes back: connections that wait and were closed, with what was sent into them" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	roundtrip fd/unix early_gone
}

@test "connections that wait and were closed come back in a pid namespace of its own" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_ns_in roundtrip fd/unix early_gone
}

@test "descriptors that only a closed connection that waits has are refused by name" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	refused gone_only '^EAGAIN files/[0-9]+: descriptors that nobody else has were sent into a connection .* was closed'
}

@test "urgent data comes back at its place, and nobody is told twice" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	roundtrip fd/unix_urgent
}

@test "urgent data in a queue with descriptors is refused by name" {
	refused urgent '^EOPNOTSUPP files/[0-9]+: urgent data \(MSG_OOB\) waits in it'
}

@test "a datagram socket whose mate went elsewhere is refused by name" {
	refused stray '^EOPNOTSUPP files/[0-9]+: .* was made with it but is connected elsewhere'
}

@test "peers outside the container are refused by name" {
	python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("\0crfs-outside-'"$CRFS_TEST_ID"'"); s.listen(5)
c = s.accept()[0]
d = socket.socket(socket.AF_UNIX)
while d.connect_ex("'"$T"'/work/inside"): time.sleep(0.02)
print("connected", flush=True)
time.sleep(99)' > "$T/outside.log" 3>&- &
	echo $! >> "$T/pids"
	cg_new outside
	start_in "$CG" python3 -c 'import socket, time
while True:
	try:
		a = socket.socket(socket.AF_UNIX); a.connect("\0crfs-outside-'"$CRFS_TEST_ID"'"); break
	except OSError: time.sleep(0.02)
l = socket.socket(socket.AF_UNIX); l.bind("inside"); l.listen(5)
time.sleep(99)'
	wait_for grep -q connected "$T/outside.log"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: socket:\[[0-9]+\]: its peer, socket:\[[0-9]+\], is outside' "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: a connection waits to be accepted that comes from outside' "$T/mnt/unsupported"
}

@test "fd/unix comes back in a user namespace" {
	STARTER=start_user_in roundtrip fd/unix pairs
}

@test "fd/unix comes back in a user namespace: connections" {
	STARTER=start_user_in roundtrip fd/unix connections
}
