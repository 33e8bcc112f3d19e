#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Routes with more than one path, nexthop objects and metrics, and those that somebody has put into the local table.
load ../../helpers
load ../../net

# starts: a network namespace with a pair of links in it
starts() {
	start_net routes ip
	in_net sh -e <<-'END' || skip "no veth"
		ip link set lo up
		ip link add v0 type veth peer name v1
		ip link set v0 up
		ip link set v1 up
		ip addr add 10.77.0.1/24 dev v0
		ip addr add fd77::1/64 dev v0 nodad
	END
	WAIT=5 wait_for settled
}

settled() {
	not grep -q tentative <(in_net ip addr) && [ "$(in_net ip -6 -o addr show scope link | wc -l)" = 2 ]
}

# shown: but in which order those stand that the kernel makes
shown() {
	in_net ip -d route show table all | sed 's/ nhid [0-9]* via .*//' | LC_ALL=C sort
	in_net ip -d -6 route show table all | LC_ALL=C sort
	in_net ip -d nexthop
}

@test "routes of several paths" {
	starts
	in_net sh -e <<-'END'
		ip route add 10.88.0.0/16 metric 7 nexthop via 10.77.0.7 dev v0 weight 2 nexthop via 10.77.0.8 dev v0
		ip route add 10.89.0.0/16 nexthop dev v1 nexthop via 10.89.1.9 dev v0 onlink
		ip route add default table 100 nexthop via 10.77.0.7 dev v0 nexthop via 10.77.0.9 dev v0
		ip -6 route add fd88::/64 nexthop via fd77::7 dev v0 weight 3 nexthop via fd77::8 dev v0
		ip -6 route add fd89::/64 via fd77::7 dev v0
		ip -6 route append fd89::/64 via fd77::8 dev v0
	END
	there_and_same
	grep -q 'nexthop via 10.89.1.9 dev v0 weight 1 onlink' "$T/after"
	grep -q 'nexthop via fd77::7 dev v0 weight 3' "$T/after"
}

@test "metrics, realms, preferences, gateways of another family" {
	starts
	in_net sh -e <<-'END'
		ip route add 10.90.0.0/16 via 10.77.0.7 advmss 1300 initcwnd 20 rto_min 50ms quickack 1
		ip route add 10.91.0.0/16 via 10.77.0.7 mtu lock 1200 congctl reno
		ip -6 route add fd90::/64 via fd77::7 dev v0 hoplimit 9
		ip -6 route add fd91::/64 via fd77::7 dev v0 pref high
	END
	in_net ip route add 10.92.0.0/16 via inet6 fd77::7 dev v0 || true
	in_net ip route add 10.93.0.0/16 via 10.77.0.7 realm 3 || true
	there_and_same
	grep -q '10.90.0.0/16 .*initcwnd 20' "$T/after"
	grep -q 'mtu lock 1200' "$T/after"
	grep -q 'pref high' "$T/after"
}

@test "routes that somebody has put into the local table" {
	starts
	in_net sh -e <<-'END'
		ip route add local 10.94.0.0/16 dev lo
		ip -6 route add local fd94::/64 dev lo
	END
	in_net ip route get 10.94.7.7 | grep -q ^local
	there_and_same
	in_net ip route get 10.94.7.7 | grep -q ^local
	grep -q 'local 10.94.0.0/16 dev lo' "$T/after"
}

@test "nexthop objects, groups of them, and routes through them" {
	starts
	in_net ip nexthop add id 9 via 10.77.0.7 dev v0 || skip "no nexthop objects"
	in_net sh -e <<-'END'
		ip nexthop add id 8 via 10.77.0.8 dev v0
		ip nexthop add id 3 group 8,2/9
		ip nexthop add id 4 blackhole
		ip nexthop add id 5 dev v1 proto static
		ip nexthop add id 6 via fd77::7 dev v0
		ip route add 10.88.0.0/16 nhid 3
		ip route add 10.89.0.0/16 nhid 9 metric 5
		ip route add 10.90.0.0/16 nhid 4
		ip -6 route add fd88::/64 nhid 6
	END
	there_and_same
	in_net ip route show 10.88.0.0/16 | grep -q 'nhid 3'
	in_net ip -6 route show fd88::/64 | grep -q 'nhid 6'
	in_net ip nexthop show id 3 | grep -q 'group 8,2/9'
}

@test "what of them cannot be carried is named" {
	starts
	in_net ip route add 10.88.0.0/16 encap ip id 5 dst 10.77.0.9 dev v0 || skip "nothing encapsulates"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -q '^EOPNOTSUPP ns/net-1: a route that encapsulates, which cannot be carried: ' "$T/mnt/unsupported"
}
