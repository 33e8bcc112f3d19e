#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# TCP connections that wait to be accepted come back: with bytes, half closed, closed, reset.
load ../../helpers

@test "fd/backlog comes back" {
	roundtrip fd/backlog
}

own_net() {
	local cg=$1
	shift
	# shellcheck disable=SC2016
	start_in "$cg" unshare --net bash -c 'ip link set lo up; exec env WORK_OWN=net "$@"' _ "$@"
}
@test "fd/backlog comes back in a network namespace of its own" {
	STARTER=own_net roundtrip fd/backlog
}

# column ROW KEY VALUE: of the connections that wait in $l, the ROWth
column() {
	awk -v row="$1" -v key="$2" -v value="$3" '
		$1 == "addr" && $2 == "peer" { for (i = 1; i <= NF; i++) if ($i == key) c = i; n = NR; print; next }
		c && NR == n + row { $c = value; done = 1 }
		{ print }
		END { exit !done }' "$l" > "$l.new"
	mv "$l.new" "$l"
}
set_in() {
	grep -q "^$2 " "$1"
	sed -i "s|^$2 .*|$2 $3|" "$1"
}

@test "bad trees are refused, each with its reason" {
	work_start fd/backlog
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	cd "$T/base"
	l=$(grep -lx 'family 2' $(grep -lx 'type listener' files/*) | sort -t/ -k2n | head -n 1)
	queue=$(awk '$5 == "ESTABLISHED" && $15 { print $15; exit }' "$l")
	wrong state "^EINVAL $l: it waits to be accepted in another state" column 1 state FIN_WAIT1
	wrong state_name "^EINVAL $l: line [0-9]+: " column 1 state LISTEN
	wrong peer "^EINVAL $l: no address" column 1 peer 127.0.0.01
	wrong family "^EINVAL $l: no address" column 1 peer ::1
	wrong no_peer "^EINVAL $l: a connection without ends" column 1 peer -
	wrong peer_port "^EINVAL $l: a connection without ends" column 1 peer_port 0
	wrong addr "^EADDRNOTAVAIL $l: 192.0.2.1 is no address" column 1 addr 192.0.2.1
	wrong mss "^EINVAL $l: what was agreed" column 1 mss 0
	wrong mss_large "^EINVAL $l: what was agreed" column 1 mss 65536
	wrong wscale "^EINVAL $l: what was agreed" column 1 snd_wscale 15
	wrong agreed "^EINVAL $l: line [0-9]+: " column 1 agreed nothing
	wrong unread "^EINVAL $l: inodes/$queue has queues" column 2 unread 5
	wrong no_queue "^EINVAL $l: [0-9]+ bytes wait, and there is no inode" column 2 queue 0
	wrong queue_gone "^EINVAL $l: inodes/99999 is not there" column 2 queue 99999
	wrong queue_twice "^EINVAL $l: inodes/$queue is another" column 3 queue "$queue"
	wrong twice "^EINVAL $l: a connection of .* waits twice" column 2 peer_port "$(awk '$5 == "ESTABLISHED" { print $3; exit }' "$l")"
	wrong backlog "^EINVAL $l: [0-9]+ wait to be accepted, the backlog" set_in "$l" backlog 3
	wrong protocol "^EPROTONOSUPPORT $l: protocol 17 does not listen" set_in "$l" protocol 17
	wrong rcv_wscale "^EINVAL $l: windows are scaled otherwise" column 1 rcv_wscale 1
	cd /
	# The tree itself is good still, after all that.
	find "$T/mnt" -mindepth 1 -delete
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	thaw "$CG"
	work_verify
}

# unshown WORKLOAD...: where the kernel does not tell its types; what stands in unsupported then
unshown() {
	work_start "$@"
	freeze "$CG"
	mkdir "$T/mnt"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf
		"$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" "$T/mnt" ) \
		> "$T/unsupported" 2>&1 < /dev/null
	cat "$T/unsupported"
}

@test "without BTF they are refused by name, and go on" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	unshown fd/backlog
	[ "$(grep -cE '^ENOENT files/[0-9]+: [0-9]+ connections wait to be accepted on port [0-9]+, and this kernel does not show them' \
		"$T/unsupported")" -ge 4 ]
	thaw "$CG"
	work_verify
}

@test "without BTF what was sent to a unix listener is refused by name, and goes on" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	unshown fd/unix early
	grep -qE '^EAGAIN files/[0-9]+: .*data was sent into a connection that waits to be accepted, and this kernel' "$T/unsupported"
	thaw "$CG"
	work_verify
}
