#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A network namespace of its own with lo: up and down, addresses, sysctls, sockets; and what is refused.
load ../../helpers

# refuses REGEX: a line in unsupported, and no manifest
refuses() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	tee "$T/refused" < "$T/mnt/unsupported"
	grep -qE "$1" "$T/refused"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	thaw "$CG"
}

@test "ns/net comes back" {
	STARTER=start_net_in roundtrip ns/net
}

@test "ns/net comes back with lo down" {
	STARTER=start_net_in roundtrip ns/net down
}

# start_lo_in CG CMD...: in a network namespace of its own where lo is up
start_lo_in() {
	local cg=$1
	shift
	# shellcheck disable=SC2016
	start_in "$cg" unshare --net env WORK_OWN=net bash -c 'ip link set lo up && exec "$@"' _ "$@"
}

@test "sockets of all kinds in it, with groups and peers" {
	command -v ip > /dev/null || skip "no ip(8)"
	for kind in udp raw netlink packet tcp_urgent; do
		echo "$kind"
		rm -rf "$T/go" "$T/one" "$T/two"
		STARTER=start_lo_in roundtrip "fd/$kind"
	done
}

@test "two network namespaces in a container" {
	STARTER=start_net_in roundtrip ns/net second
}

@test "a socket in the second of two network namespaces" {
	STARTER=start_net_in roundtrip ns/net second-socket
}

@test "sockets of all kinds in the second of two network namespaces" {
	STARTER=start_net_in roundtrip ns/net_two
}

# ipset COMMAND: of a set of ports, as ipset(8) asks for it: 2 makes it, 3 takes it away
ipset() {
	"${in_it[@]}" python3 - "$1" <<-'END'
		import socket, struct, sys
		attr = lambda t, d: struct.pack("HH", 4 + len(d), t) + d + b"\0" * (-len(d) % 4)
		ports = attr(0x8000 | 7, attr(0x4000 | 4, struct.pack("!H", 1)) + attr(0x4000 | 5, struct.pack("!H", 9)))
		kind = attr(3, b"bitmap:port\0") + attr(4, b"\0") + attr(5, b"\2") + ports
		body = struct.pack("BBH", 2, 0, 0) + attr(1, b"\x06") + attr(2, b"crfs\0") + (kind if sys.argv[1] == "2" else b"")
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		s.send(struct.pack("IHHII", 16 + len(body), 6 << 8 | int(sys.argv[1]), 0x605, 1, 0) + body)
		sys.exit(struct.unpack_from("i", s.recv(4096), 16)[0] != 0)
	END
}

# bpf_attach KIND TYPE WHERE: a program that lets all through. WHERE: the number of a link; 0: the namespace
bpf_attach() {
	"${in_it[@]}" python3 - "$@" <<-'END'
		import ctypes, struct, sys
		kind, type, where = map(int, sys.argv[1:])
		bpf = lambda cmd, attr: ctypes.CDLL(None).syscall(321, cmd, ctypes.create_string_buffer(attr, 152), 152)
		code = ctypes.create_string_buffer(struct.pack("<QQ", 0x1000000b7, 0x95))
		name = ctypes.create_string_buffer(b"GPL")
		at, of = ctypes.addressof(code), ctypes.addressof(name)
		prog = bpf(5, struct.pack("<IIQQIIQII16xII", kind, 2, at, of, 0, 0, 0, 0, 0, 0, type))
		sys.exit(prog < 0 or bpf(8, struct.pack("<III", where, prog, type)) != 0)
	END
}

@test "sets, lists and programs of others are named" {
	STARTER=start_net_in work_start ns/net
	in_it=(nsenter --net="/proc/$PID/ns/net")
	if ipset 2; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: sets of addresses \(ipset\), which cannot be carried: '
		[ "$(wc -l < "$T/refused")" = 1 ]
		ipset 3
	fi
	if command -v iptables-nft > /dev/null &&
		"${in_it[@]}" iptables-nft -A INPUT -m recent --name seen --set 2> /dev/null; then
		"${in_it[@]}" sh -c 'ip link set lo up; echo +10.9.9.9 > /proc/self/net/xt_recent/seen'
		refuses '^ENODATA ns/net-[0-9]+: lost: addresses in list seen of iptables \(recent\)'
		"${in_it[@]}" iptables-nft -F INPUT
	fi
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	cr_umount "$T/mnt"
	thaw "$CG"
	# BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS
	if bpf_attach 3 46 1; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: link lo: an eBPF program looks at its packets \(tcx\), which cannot be carried: '
	fi
	# BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR
	if bpf_attach 22 17 0; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: eBPF programs that find its sockets or dissect its packets, which cannot be carried: '
	fi
}

# gso LINK ON: segments in software (ETHTOOL_SGSO)
gso() {
	"${in_it[@]}" python3 - "$@" <<-'END'
		import array, fcntl, socket, struct, sys
		v = array.array("I", [0x24, int(sys.argv[2])])
		fcntl.ioctl(socket.socket(), 0x8946, struct.pack("16sQ16x", sys.argv[1].encode(), v.buffer_info()[0]))
	END
}

@test "the token of a link, and what it lets in for nobody, are lost by name" {
	command -v ip > /dev/null || skip "no ip(8)"
	STARTER=start_net_in work_start ns/net
	in_it=(nsenter --net="/proc/$PID/ns/net")
	"${in_it[@]}" ip link add crfs1 type veth peer name crfs2 2> /dev/null || skip "no veth"
	"${in_it[@]}" sh -c 'ip link set crfs1 up; ip link set crfs2 up'
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	cr_umount "$T/mnt"
	thaw "$CG"
	"${in_it[@]}" ip maddr add 33:33:00:00:77:05 dev crfs1
	refuses '^ENODATA ns/net-[0-9]+: lost: that link crfs1 lets in what is for 333300007705 \(ip maddr\)'
	[ "$(wc -l < "$T/refused")" = 1 ]
	"${in_it[@]}" ip maddr del 33:33:00:00:77:05 dev crfs1
	"${in_it[@]}" ip token set ::7:9 dev crfs2
	refuses '^ENODATA ns/net-[0-9]+: lost: the token of link crfs2 \(ip token\)'
	[ "$(wc -l < "$T/refused")" = 1 ]
}

@test "addresses of lo that last for some time, and what ethtool has set, are lost by name" {
	STARTER=start_net_in work_start ns/net
	in_it=(nsenter --net="/proc/$PID/ns/net")
	command -v ip > /dev/null || skip "no ip(8)"
	"${in_it[@]}" ip addr add 10.99.97.1/24 dev lo valid_lft 900 preferred_lft 900
	refuses '^ENODATA ns/net-[0-9]+: lost: 1 addresses that last for some time only'
	"${in_it[@]}" ip addr del 10.99.97.1/24 dev lo
	"${in_it[@]}" ip link add crfs1 type veth peer name crfs2 2> /dev/null || skip "no veth"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	cr_umount "$T/mnt"
	thaw "$CG"
	gso crfs1 0
	refuses '^ENODATA ns/net-[0-9]+: lost: features of link crfs1, which are not those of a new one'
	[ "$(wc -l < "$T/refused")" = 1 ]
	gso crfs1 1
	gso lo 0
	refuses '^ENODATA ns/net-[0-9]+: lost: features of link lo, which are not those of a new one'
	gso lo 1
	"${in_it[@]}" ip link set crfs2 gso_max_size 30000
	refuses '^ENODATA ns/net-[0-9]+: lost: queues and largest packets of link crfs2, which are not those of a new one'
	[ "$(wc -l < "$T/refused")" = 1 ]
	"${in_it[@]}" ip link del crfs1
}

@test "links, routes and rules that somebody has made" {
	STARTER=start_net_in work_start ns/net
	in_it=(nsenter --net="/proc/$PID/ns/net")
	command -v ip > /dev/null || skip "no ip(8)"
	if "${in_it[@]}" ip link add crfs0 type vxlan external vnifilter dstport 4789 2> /dev/null; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: link crfs0: of kind vxlan, and it lets single networks through \(vnifilter\), which cannot be carried: '
		if "${in_it[@]}" ip link add crfs1 type veth peer name crfs2 2> /dev/null; then
			"${in_it[@]}" ip link set crfs1 up
			"${in_it[@]}" ip addr add 10.99.98.1/24 dev crfs1 valid_lft 900 preferred_lft 900
			"${in_it[@]}" ip -6 route add fd98::/64 dev crfs1 expires 900
			refuses '^ENODATA ns/net-[0-9]+: lost: 1 addresses that last for some time only'
			grep -qE '^ENODATA ns/net-[0-9]+: lost: 1 routes that last for some time only' "$T/refused"
			"${in_it[@]}" ip link del crfs1
		fi
		"${in_it[@]}" ip link del crfs0
	fi
	# The other end goes to a namespace that nobody needs any more; that takes the pair along.
	unshare --net sh -c 'ip link add crfs2 type veth peer name eth0 netns "$1" && exec sleep 100' _ "$PID" 3>&- 4>&- &
	echo $! >> "$T/pids"
	if WAIT=2 wait_for "${in_it[@]}" ip link show eth0 > /dev/null 2>&1; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: link eth0: its other end is in another network namespace: '
		"${in_it[@]}" ip link del eth0
	fi
	if "${in_it[@]}" ip addrlabel add prefix fd97::/32 label 77 2> /dev/null; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: labels of addresses \(ip addrlabel\), which cannot be carried: '
		"${in_it[@]}" ip addrlabel del prefix fd97::/32 label 77
	fi
	if "${in_it[@]}" ip mptcp endpoint add 127.0.0.7 id 3 signal 2> /dev/null; then
		"${in_it[@]}" ip mptcp limits set add_addr_accepted 3
		refuses '^EOPNOTSUPP ns/net-[0-9]+: endpoints of MPTCP \(ip mptcp endpoint\), which cannot be carried: '
		grep -qE '^EOPNOTSUPP ns/net-[0-9]+: limits of MPTCP \(ip mptcp limits\), which cannot be carried: ' "$T/refused"
		"${in_it[@]}" ip mptcp endpoint delete id 3
		"${in_it[@]}" ip mptcp limits set add_addr_accepted 0
	fi
	if "${in_it[@]}" tc qdisc add dev lo root htb 2> /dev/null; then
		refuses '^EOPNOTSUPP ns/net-[0-9]+: traffic control \(tc qdisc\) of link 1, of kind htb, '
		"${in_it[@]}" tc qdisc del dev lo root
	fi
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
}
