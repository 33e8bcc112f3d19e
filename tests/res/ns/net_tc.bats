#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Queueing disciplines of links.
load ../../helpers
load ../../net

# starts: a network namespace with pairs of links in it
starts() {
	start_net tc tc
	in_net sh -e <<-'END' || skip "no veth"
		ip link set lo up
		for i in 0 1 2 3 4 5; do
			ip link add v$i type veth peer name w$i
			ip link set v$i addrgenmode none up
			ip link set w$i addrgenmode none up
		done
	END
}

shown() {
	in_net tc -d qdisc | sed 's/ refcnt [0-9]*//' | LC_ALL=C sort
}

# sets LINK ARGS: a root, where the kernel has that; else it says so. The guests of tests/kernel/impl.bats have all.
sets() {
	in_net tc qdisc replace dev "$1" root "${@:2}" && return
	echo "not here: ${*:2}"
	[ "${CRFS_IMPL:-fuse}" != kernel ]
}

@test "fifos, tbf, ingress, clsact and one below another" {
	starts
	in_net sh -e <<-'END'
		tc qdisc add dev v0 root handle 10: tbf rate 1mbit burst 10k latency 50ms
		tc qdisc add dev v0 parent 10:1 handle 9: pfifo limit 77
		tc qdisc add dev v0 clsact
		tc qdisc add dev v1 root pfifo_fast
		tc qdisc add dev v2 ingress
		tc qdisc add dev lo root bfifo limit 70000
	END
	there_and_same
	grep -q 'qdisc pfifo 9: dev v0 parent 10:1 limit 77p' "$T/after"
}

@test "those of other kinds, where the kernel has them" {
	starts
	sets v0 fq_codel limit 1000 target 7ms ecn memory_limit 1mb
	sets w0 fq limit 999 flow_limit 55 quantum 2000 maxrate 10mbit
	sets v1 codel limit 100 target 9ms noecn
	sets w1 prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 3
	in_net tc qdisc add dev w1 parent "$(in_net tc qdisc show dev w1 root | awk '{ print $3 }')2" tbf rate 2mbit burst 5k limit 9000 || true
	sets v2 sfq perturb 10 limit 100
	sets v5 sfq headdrop
	sets w5 codel interval 77ms ce_threshold 3ms
	sets w2 cake bandwidth 10mbit besteffort nat
	sets v3 noqueue
	sets w3 netem delay 20ms loss 1% 25% duplicate 1% rate 1mbit limit 77
	sets v4 mq
	in_net tc qdisc add dev v4 parent "$(in_net tc qdisc show dev v4 root | awk '{ print $3 }')1" pfifo limit 3 || true
	there_and_same
}

@test "kinds with classes, filters, and what netem does not tell are named" {
	starts
	in_net tc qdisc add dev v0 root handle 10: htb default 1 || skip "no htb"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP ns/net-1: traffic control \(tc qdisc\) of link [0-9]+, of kind htb, which cannot be carried: ' "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	thaw "$CG"
	in_net tc qdisc del dev v0 root
	if in_net tc qdisc add dev v1 clsact && in_net tc filter add dev v1 egress matchall action drop; then
		freeze "$CG"
		cr_mount "$CG" "$T/mnt"
		cat "$T/mnt/unsupported"
		grep -qE '^EOPNOTSUPP ns/net-1: traffic control with filters \(tc filter\) of link [0-9]+, which cannot be carried: ' "$T/mnt/unsupported"
		cr_umount "$T/mnt"
		thaw "$CG"
		in_net tc qdisc del dev v1 clsact
	fi
	if in_net tc qdisc add dev v2 root netem delay 20ms 5ms distribution normal; then
		freeze "$CG"
		cr_mount "$CG" "$T/mnt"
		cat "$T/mnt/unsupported"
		grep -qE '^ENODATA ns/net-1: lost: how netem distributes the delays of link [0-9]+, which the kernel does not tell$' "$T/mnt/unsupported"
	fi
}
