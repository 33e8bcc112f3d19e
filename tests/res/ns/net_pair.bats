#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Links from one network namespace of the container to another, bridges, and other kinds of links.
load ../../helpers

# in_net PID COMMAND...: where PID is
in_net() {
	local pid=$1
	shift
	nsenter --net="/proc/$pid/ns/net" "$@"
}

# shown PID: what ip(8) and bridge(8) show of it, but what changes by itself
shown() {
	in_net "$1" ip -d -o link | sed -E 's/[a-z_]*timer +[0-9.]+//g; s/link-netnsid [0-9]*//; s/ qdisc.*state/ state/; s/ permaddr [0-9a-f:]*//'
	in_net "$1" ip -o addr | sed 's/ nodad//; s/ proto kernel_ll//'
	in_net "$1" ip route show table all | LC_ALL=C sort
	in_net "$1" bridge -d -o link 2> /dev/null | LC_ALL=C sort
	in_net "$1" bridge fdb 2> /dev/null | LC_ALL=C sort | grep static || true
}

# pid_of ARGS: of the workload with these arguments
pid_of() {
	local pid
	for pid in $(cg_pids "$CG"); do
		[ "$(tr '\0' ' ' < "/proc/$pid/cmdline")" != "$WORK/ns/net_pair $* " ] || echo "$pid"
	done
}

# no_tentative PID: whether somebody else has its addresses of IPv6 has been asked
no_tentative() {
	! in_net "$1" ip addr | grep -q tentative
}

# addressed PID: and each link has one of its own
addressed() {
	[ "$(in_net "$1" ip -6 -o addr show scope link | wc -l)" = "$(in_net "$1" ip -o link show up | grep -vc ': lo:')" ] &&
		no_tentative "$1"
}

count() {
	[ "$(grep -cx "$2" "$LOG")" = "$1" ]
}

# with_pod: a namespace with a bridge, which has links to two others; they talk with each other and with it over these
with_pod() {
	command -v ip > /dev/null || skip "no ip(8)"
	unshare --net ip link add br0 type bridge 2> /dev/null || skip "no bridge"
	unshare --net ip link add v0 type veth peer name v1 2> /dev/null || skip "no veth"
	cg_new pod
	export CRFS_GO=$T/go CRFS_CGROUP=$CG WORK_OWN=net
	cat > "$T/pod" <<-'END'
		set -e
		member() {
			unshare --net sh -c 'until ip addr show eth0 2> /dev/null | grep -q "inet "; do sleep 0.1; done; exec "$@"' _ "$@" &
			while [ /proc/$!/ns/net -ef /proc/self/ns/net ]; do sleep 0.1; done
		}
		# link PID NUMBER
		link() {
			ip link add "p$2" type veth peer name eth0 netns "$1"
			ip link set "p$2" mtu 1400 master br0 up
			nsenter --net="/proc/$1/ns/net" sh -e <<-IN
				ip link set lo up
				ip link set eth0 mtu 1400 up
				ip addr add fd77::$2/64 dev eth0 nodad
				ip addr add 10.77.0.$2/24 dev eth0
				ip route add default via 10.77.0.1
			IN
		}
		ip link set lo up
		ip link add br0 type bridge ageing_time 12000 forward_delay 200 mcast_snooping 0
		ip link set br0 up
		ip addr add 10.77.0.1/24 dev br0
		ip -6 addr add fd77::1/64 dev br0 nodad
		member "$1" 10.77.0.2 listen; link $! 2
		member "$1" 10.77.0.2 connect; link $! 3
		member "$1" fd77::4 listen; link $! 4
		"$1" fd77::4 connect &
		bridge link set dev p3 isolated off guard on cost 77
		wait
	END
	LOG=$T/work.log
	start_in "$CG" unshare --net bash "$T/pod" "$WORK/ns/net_pair"
	wait_for count 4 ready
	! grep '^fail' "$LOG"
}

# lower_port: by which the bridge changes its address, not that of IPv6; the next port would let nothing through for 15 s
lower_port() {
	in_net "$PID" sh -e <<-END
		ip link add low type veth peer name high
		ip link set low address 02:00:00:00:00:02
		ip link set low master br0 up
		ip link set high up
	END
	wait_for addressed "$PID"
	wait_for forwards
	in_net "$PID" ip link set br0 type bridge forward_delay 1500
	in_net "$PID" ip link show br0 | grep -q 02:00:00:00:00:02
	not grep fe80::ff:fe00:2 <(in_net "$PID" ip addr show br0)
}

forwards() {
	not grep -v 'state forwarding' <(in_net "$PID" bridge link)
}

@test "bridges and links between namespaces of a container, with connections over them" {
	with_pod
	wait_for addressed "$PID"
	wait_for addressed "$(pid_of 10.77.0.2 listen)"
	wait_for addressed "$(pid_of 10.77.0.2 connect)"
	wait_for addressed "$(pid_of fd77::4 listen)"
	lower_port
	shown "$PID" > "$T/before"
	shown "$(pid_of 10.77.0.2 listen)" >> "$T/before"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	shown "$PID" > "$T/after"
	shown "$(pid_of 10.77.0.2 listen)" >> "$T/after"
	diff "$T/before" "$T/after"
	thaw "$CG"
	forwards
	: > "$CRFS_GO"
	WAIT=30 wait_for count 4 pass
	! grep '^fail' "$LOG"
}

# settled: what a link says of its carrier follows a second later (linkwatch)
settled() {
	shown "$PID" > "$T/after"
	cmp -s "$T/before" "$T/after"
}

@test "links of other kinds" {
	command -v ip > /dev/null || skip "no ip(8)"
	cg_new kinds
	start_in "$CG" unshare --net sleep 1000
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$PID/ns/net ]"
	in_net "$PID" sh <<-'END'
		ip link set lo up
		ip link add v0 type veth peer name v1
		ip link add d0 type dummy
		ip link add i0 type ifb
		ip link add m0 link v0 type macvlan mode bridge
		ip link add x0 link v0 type ipvlan mode l2
		ip link add link v0 name v0.7 type vlan id 7
		ip link add br0 type bridge && ip link set br0 up && ip link set v1 master br0
		bridge fdb add 02:00:00:00:00:55 dev v1 master static
		ip link set d0 alias 'a description' || ip link set v1 alias 'a description'
		ip link property add dev v1 altname another-name-of-it altname one_more
		ip tuntap add t0 mode tun user 77 && ip link set t0 mtu 1300 up && ip addr add 10.9.9.1/30 dev t0
		ip tuntap add t1 mode tap vnet_hdr && ip link set t1 address 02:00:00:00:00:99
		ip link set v0 up; ip link set m0 up
		for i in v0 v1 d0 i0 m0 x0 v0.7; do
			ip link set $i up
		done
		true
	END
	wait_for no_tentative "$PID"
	shown "$PID" > "$T/before"
	cat "$T/before"
	there_and_back
	wait_for settled || diff "$T/before" "$T/after"
	grep -q ' t0: .* tun type tun .* user 77' "$T/after"
	grep -q 'alias a description' "$T/after"
	grep -q 'altname one_more' "$T/after"
	grep -q '02:00:00:00:00:55 dev v1 master br0 static' "$T/after"
}

# Each where the kernel has it; the guests of tests/kernel/impl.bats have all (TUNNELS=all there).
@test "tunnels, and a vrf with what belongs to it" {
	command -v ip > /dev/null || skip "no ip(8)"
	cg_new tunnels
	start_in "$CG" unshare --net sleep 1000
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$PID/ns/net ]"
	in_net "$PID" sh <<-'END'
		ip link set lo up
		ip link add v0 type veth peer name v1
		ip addr add 10.9.0.1/24 dev v0; ip -6 addr add fd09::1/64 dev v0 nodad
		ip link set v0 up; ip link set v1 up
		ip link add vx0 type vxlan id 5 dstport 4789 local 10.9.0.1 remote 10.9.0.2 dev v0 ttl 7 ageing 77
		ip link add vx1 type vxlan id 6 dstport 4790 local fd09::1 ttl inherit nolearning
		ip link add vx2 type vxlan external dstport 4791
		bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.9.0.3
		bridge fdb add 02:00:00:00:00:66 dev vx0 dst 10.9.0.4 vni 9 port 5000 static
		bridge fdb add 02:00:00:00:00:67 dev vx1 dst fd09::4
		ip link set vx0 address 02:00:00:00:00:65 up
		ip link add ge0 type geneve id 7 remote 10.9.0.2 ttl 9 dstport 6082
		ip link add ip0 type ipip local 10.9.0.1 remote 10.9.0.2 ttl 11 dev v0 && ip addr add 10.10.0.1/30 dev ip0
		ip link add si0 type sit local 10.9.0.1 remote any ttl 64 6rd-prefix 2001:db8::/32
		ip link add gr0 type gre local 10.9.0.1 remote 10.9.0.2 key 77 csum
		ip link add gt0 type gretap local 10.9.0.1 remote 10.9.0.2 seq nopmtudisc
		ip link add t60 type ip6tnl mode any local fd09::1 remote fd09::2 encaplimit 3
		ip link add g60 type ip6gre local fd09::1 remote fd09::2 okey 5
		ip link add vt0 type vti local 10.9.0.1 remote 10.9.0.2 key 9
		ip link set tunl0 up && ip addr add 10.11.0.1/32 dev tunl0
		ip link add mt0 link v0 type macvtap mode bridge
		for i in vx1 ge0 ip0 si0 gr0 gt0 t60 g60 vt0; do ip link set $i up; done
		ip link add red type vrf table 10 && ip link set red up
		ip link add d0 type dummy && ip link set d0 master red && ip addr add 10.12.0.1/24 dev d0 && ip link set d0 up
		ip route add 10.13.0.0/16 via 10.12.0.2 table 10
		true
	END
	wait_for no_tentative "$PID"
	shown "$PID" > "$T/before"
	cat "$T/before"
	[ "$TUNNELS" != all ] || [ "$(grep -c -E '^[0-9]+: (vx0|vx1|vx2|ge0|ip0|si0|gr0|gt0|t60|g60|vt0|mt0|red|d0)[@:]' "$T/before")" = 14 ]
	there_and_back
	wait_for settled || diff "$T/before" "$T/after"
}

@test "what of links cannot be carried is named" {
	command -v ip > /dev/null || skip "no ip(8)"
	cg_new odd
	start_in "$CG" unshare --net sleep 1000
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$PID/ns/net ]"
	in_net "$PID" sh <<-'END'
		ip link add br0 type bridge vlan_filtering 1 || ip link add br1 type bridge
		ip link add v0 type veth peer name v1
		ip link add n0 type netkit 2> /dev/null || ip link add n0 type bond
		ip link add m0 link v0 type macvlan mode source
	END
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	! in_net "$PID" ip link show n0 > /dev/null 2>&1 ||
		grep -q '^EOPNOTSUPP ns/net-1: link n0: of kind [a-z]*, which cannot be carried: ' "$T/mnt/unsupported"
	! in_net "$PID" ip link show m0 > /dev/null 2>&1 ||
		grep -q '^EOPNOTSUPP ns/net-1: link m0: of kind macvlan, and its mode is source, which' "$T/mnt/unsupported"
	! in_net "$PID" ip link show br0 > /dev/null 2>&1 ||
		grep -q '^EOPNOTSUPP ns/net-1: link br0: of kind bridge, and it tells VLANs apart (vlan_filtering), which' "$T/mnt/unsupported"
}
