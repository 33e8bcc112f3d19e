#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Links of a network namespace: a veth to the outside, which is declared, one inside, addresses, routes, rules, neighbours.
load ../../helpers

clean_up() {
	local x
	WAIT=3 wait_for guard_gone
	for x in "$OUT" "w${OUT#v}" "b${OUT#v}"; do
		[ -z "$OUT" ] || ip link del "$x" 2> /dev/null
	done
}

# The guard of its connections goes with the cgroup, a moment later.
guard_gone() {
	! pgrep -f "^$BIN/crfs -o cgroup=$CG," > /dev/null
}

# in_net COMMAND...: in the container's network namespace, by whoever is in it
in_net() {
	nsenter --net="/proc/$(cg_pids "$CG" | head -n 1)/ns/net" "$@"
}

# shown: all that ip(8) shows of it; numbers of what is outside left out
shown() {
	in_net ip -d -o link | sed 's/@[a-z0-9]*:/:/; s/link-netnsid [0-9]*//; s/ qdisc.*state/ state/'
	in_net ip -d -o addr | sed 's/@[a-z0-9]*:/:/; s/ nodad//; s/ proto kernel_ll//'
	in_net ip -d route show table all | LC_ALL=C sort	# those of one prefix stand as their links went up
	in_net sh -c 'ip -d rule; ip -d -6 rule'
	# the neighbours stand in hash tables, and each namespace has a seed of its own
	in_net sh -c 'ip neigh show nud permanent; ip -6 neigh show nud permanent; ip neigh show proxy; ip -6 neigh show proxy' | LC_ALL=C sort
	in_net sysctl -a --pattern 'conf.(eth0|a0|b0).(forwarding|accept_ra|rp_filter)' 2> /dev/null
}

# with_links: a namespace with a link to $OUT outside, where $NET.1 is; $HOLDER keeps it
with_links() {
	local n=$((BASHPID % 200 + 20))
	command -v ip > /dev/null || skip "no ip(8)"
	OUT=v$CRFS_TEST_ID$n
	OUT=${OUT:0:13}
	NET=10.88.$n
	PORT=$(free_port)
	( close_fds; exec python3 "$REPO/tests/apps/echo.py" "$PORT" > "$T/echo.log" 2>&1 < /dev/null ) &
	echo $! >> "$T/pids"
	( close_fds; exec unshare --net sleep 600 < /dev/null > /dev/null 2>&1 ) &
	HOLDER=$!
	echo $HOLDER >> "$T/pids"
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$HOLDER/ns/net ]"
	ip link add "$OUT" type veth peer name eth0 netns $HOLDER 2> /dev/null || skip "no veth"
	ip addr add "$NET.1/24" dev "$OUT"
	ip -6 addr add "fd88:$n::1/64" dev "$OUT" nodad
	ip link set "$OUT" up
	nsenter --net=/proc/$HOLDER/ns/net sh -e <<-END
		ip link set lo up
		ip link add a0 index 77 type veth peer name b0
		ip link set eth0 mtu 1400 up
		ip link set a0 address 02:00:00:00:77:01 txqueuelen 55 up
		ip link set b0 multicast off up
		ip addr add $NET.2/24 brd + dev eth0
		ip addr add $NET.3/24 dev eth0
		ip addr add 10.250.250.1 peer 10.250.250.2 dev a0 metric 7
		ip addr add fd88:$n::2/64 dev eth0 nodad
		ip addr add fd88:$n::3/64 dev eth0 nodad preferred_lft 0
		ip addr add fd88:$n:1::3/64 dev eth0 nodad noprefixroute
		ip route add default via $NET.1
		ip route add 10.99.0.0/16 via $NET.1 metric 50 mtu 1300 src $NET.3
		ip route add 10.98.0.0/16 via 10.99.0.7 dev eth0 onlink table 123
		ip route add blackhole 10.97.0.0/16
		ip route del 10.250.250.2 dev a0
		ip -6 route add default via fd88:$n::1 metric 99
		ip -6 route add unreachable fd99::/16
		ip rule add from $NET.2 lookup 123
		ip rule add from $NET.3 lookup 124 priority 32000
		ip rule add not fwmark 7/15 iif a0 oif eth0 tos 8 lookup 125 priority 32000 suppress_prefixlength 3
		ip rule add uidrange 5-9 ipproto tcp sport 7-9 dport 80 goto 32766 priority 100
		ip rule add to 10.1.2.3 blackhole priority 101
		ip rule del lookup default
		ip -6 rule add from fd88:$n::3 lookup 77
		ip neigh add $NET.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
		ip neigh add 10.250.250.2 lladdr 02:00:00:00:00:78 dev a0 nud permanent
		ip -6 neigh add fd88:$n::77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent
		ip neigh add proxy $NET.99 dev eth0
		ip -6 neigh add proxy fd88:$n::99 dev eth0
		sysctl -qw net.ipv4.conf.eth0.rp_filter=2 net.ipv6.conf.a0.accept_ra=0 net.ipv4.ip_forward=1
	END
	wait_for grep -q ready "$T/echo.log"
	# until the link-local addresses are nobody else's
	wait_for sh -c "! nsenter --net=/proc/$HOLDER/ns/net ip addr | grep -q tentative"
	STARTER=start_there work_start ns/net_link "$PORT" "$NET.1" "fd88:$n::1"
	kill $HOLDER
	wait_for pid_gone $HOLDER
}
start_there() {
	local cg=$1
	shift
	start_in "$cg" nsenter "--net=/proc/$HOLDER/ns/net" env WORK_OWN=net "$@"
}

@test "a link to the outside, one inside, addresses, routes, rules and neighbours come back" {
	with_links
	shown > "$T/before"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:$OUT"
	no_unsupported "$T/mnt"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:$OUT"
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	fixed_point "$T/ckpt.tar"
	shown > "$T/after"
	diff "$T/before" "$T/after"
	ip addr add "$NET.1/24" dev "$OUT"
	ip -6 addr add "fd88:${NET##*.}::1/64" dev "$OUT" nodad
	thaw "$CG"
	work_verify
}

@test "another name outside, and into a bridge" {
	with_links
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:$OUT"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	ip link del "$OUT"
	BR=b${OUT#v}
	ip link add "$BR" type bridge || skip "no bridge"
	ip link set "$BR" up
	ip addr add "$NET.1/24" dev "$BR"
	ip -6 addr add "fd88:${NET##*.}::1/64" dev "$BR" nodad
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:w${OUT#v}@$BR"
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

@test "a link to the outside that is not declared, or of which nobody says what takes its place" {
	with_links
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	grep -qE '^EOPNOTSUPP ns/net-[0-9]+: link eth0: its other end is in another network namespace: declare it' "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:lo"
	grep -qE '^EOPNOTSUPP ns/net-[0-9]+: link eth0: its other end is in another network namespace: declare it' "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" "tcp=guard,external=lan=link:$OUT"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt"
	run timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	grep -qE '^ENOENT ns/net-[0-9]+: link eth0: external lan, the other end of it: say what takes its place' "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" "external=lan=link:lo"
	run timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	grep -qE '^EEXIST ns/net-[0-9]+: link eth0 with lo outside: there is a link of that name: declare another' "$T/mnt/.crfs/error"
}
