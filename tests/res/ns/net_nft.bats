#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# nftables of a network namespace: all kinds of objects, with handles, counters and elements; iptables-nft.
load ../../helpers

# in_net COMMAND...: in the container's network namespace, by whoever is in it
in_net() {
	nsenter --net="/proc/$(cg_pids "$CG" | head -n 1)/ns/net" "$@"
}

# starts: the workload of ns/net, which has a network namespace of its own and connects inside it
starts() {
	command -v nft > /dev/null || skip "no nft(8)"
	STARTER=start_net_in work_start ns/net
	in_net nft add table ip try 2> /dev/null || skip "no nf_tables"
	in_net nft delete table ip try
}

# shown: all of it, with handles; what goes on expiring left out
shown() {
	in_net nft -a list ruleset | sed 's/ expires [0-9a-z]*//g'
}

# there_and_same: back, with the same tree and the same rules; left frozen
there_and_same() {
	shown > "$T/before"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	shown > "$T/after"
	diff "$T/before" "$T/after"
}

# unsupported_is REGEX: a line in unsupported, and no manifest
unsupported_is() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$1" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	thaw "$CG"
}

@test "tables, chains, sets, maps, elements, counters, quotas and rules come back with their handles" {
	starts
	in_net nft -f - <<-'END'
		table inet gone { }
		delete table inet gone
		table inet f {
			comment "of the container"
			counter web { packets 3 bytes 1234; }
			quota much { over 10 mbytes used 3 mbytes }
			limit slow { rate 5/second burst 7 packets; }
			set ports { type inet_service; flags interval; elements = { 1-4, 5-9, 22, 1000-2000 } }
			set plain { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 comment "two", 10.0.0.3 } }
			set late { type ipv4_addr; flags timeout; timeout 2h; elements = { 10.1.0.1 timeout 9h, 10.1.0.2 } }
			set both { type ipv4_addr . inet_service; flags interval; elements = { 10.2.0.0/16 . 80-90 } }
			set seen { type ipv4_addr; size 1024; flags dynamic; counter; elements = { 10.3.0.1 counter packets 2 bytes 9 } }
			map to { type inet_service : ipv4_addr; elements = { 80 : 10.4.0.1, 443 : 10.4.0.2 } }
			map what { type inet_service : verdict; elements = { 81 : jump more, 82 : drop } }
			map which { type ipv4_addr : counter; elements = { 10.5.0.1 : "web" } }
			chain more { counter packets 7 bytes 70 return; }
			chain in {
				type filter hook input priority -10; policy accept;
				iif lo tcp dport @ports counter packets 5 bytes 50 accept comment "by interval"
				tcp dport { 7001, 7002 } drop
				tcp dport vmap { 7003 : drop, 7004 : jump more }
				tcp dport vmap @what
				ip saddr . tcp dport @both counter name "web"
				ip saddr @plain quota name "much" limit name "slow" log prefix "x" reject
				ip daddr 10.9.0.0/24 ct state established,related meta mark set 0x7
			}
			chain named { }
		}
		table ip n {
			chain pre { type nat hook output priority -100; tcp dport 8181 redirect to :80; }
		}
		table ip6 asleep {
			flags dormant
			chain in { type filter hook input priority 0; policy drop; }
		}
	END
	# rules in the middle and at the top, holes where others were
	in_net nft add rule inet f named counter
	for i in 1 2 3 4 5 6; do in_net nft add rule inet f more meta mark $i accept; done
	for h in $(in_net nft -a list chain inet f more | sed -n 's/.*mark 0x0000000[25] .*handle //p'); do
		in_net nft delete rule inet f more handle "$h"
	done
	in_net nft insert rule inet f more meta mark 77 accept
	h=$(in_net nft -a list chain inet f more | sed -n 's/.*mark 0x00000003 .*handle //p')
	in_net nft insert rule inet f more position "$h" meta mark 78 accept
	in_net nft add rule inet f more position "$h" meta mark 79 accept
	there_and_same
	# by its old handle
	in_net nft delete rule inet f more handle "$h"
	thaw "$CG"
	# what comes to 8181 is sent to 80, and what comes to 7001 is dropped
	[ "$(in_net python3 -c '
import socket
s = socket.create_connection(("127.0.0.1", 8181), 5)
try:
    socket.create_connection(("127.0.0.1", 7001), 0.3)
except TimeoutError:
    print("dropped")')" = dropped ]
	in_net nft delete table inet f
	in_net nft delete table ip n
	work_verify
}

@test "a set of ten thousand elements, and two thousand rules" {
	starts
	{
		echo "add table ip big; add set ip big s { type ipv4_addr; }; add chain ip big c"
		python3 -c '
for i in range(10000): print("add element ip big s { 10.%d.%d.1 }" % (i // 250, i % 250))
for i in range(2000): print("add rule ip big c ip saddr 10.0.%d.%d counter" % (i // 250, i % 250))'
	} | in_net nft -f -
	there_and_same
	thaw "$CG"
	work_verify
}

@test "what iptables-nft has made" {
	command -v iptables-nft > /dev/null || skip "no iptables-nft(8)"
	starts
	in_net iptables-nft -t nat -A OUTPUT -p tcp --dport 8181 -j REDIRECT --to-ports 80
	in_net iptables-nft -t nat -A OUTPUT -d 127.0.0.11/32 -p udp --dport 53 -j DNAT --to-destination 127.0.0.11:33333
	in_net iptables-nft -A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN -m multiport --dports 7001,7002 -m comment --comment hi -j DROP
	in_net iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
	in_net iptables-nft -P FORWARD DROP
	in_net iptables-nft-save -c > "$T/save"
	there_and_same
	diff <(grep -v '^#' "$T/save") <(in_net iptables-nft-save -c | grep -v '^#')
	thaw "$CG"
	in_net python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8181), 5)'
	work_verify
}

@test "a table that belongs to a socket" {
	starts
	in_net python3 - "$T/owned" <<-'END' &
		import socket, struct, sys, time
		def attr(t, data): return struct.pack("HH", 4 + len(data), t) + data + b"\0" * (-len(data) % 4)
		def msg(t, flags, seq, body): return struct.pack("IHHII", 16 + len(body), t, flags, seq, 0) + body
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		s.bind((0, 0))
		batch = struct.pack(">BBH", 0, 0, 10)
		body = struct.pack(">BBH", 2, 0, 0) + attr(1, b"owned\0") + attr(2, struct.pack(">I", 2))
		s.send(msg(0x10, 1, 1, batch) + msg(0xa00, 0x401, 2, body) + msg(0x11, 1, 3, batch))
		open(sys.argv[1], "w").close()
		time.sleep(60)
	END
	echo $! >> "$T/pids"
	wait_for test -e "$T/owned"
	unsupported_is '^EOPNOTSUPP ns/net-[0-9]+: a table of nftables that belongs to a socket, which cannot be carried: '
}

@test "a kernel that does not take it back says so at the restore" {
	starts
	in_net nft -f - <<-'END'
		table inet f { chain c { meta mark 7 counter; }; }
	END
	checkpoint "$T/ckpt.tar"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	# an expression that no kernel has: "meta" becomes "mete"
	sed -i 's/6d65746100/6d65746500/' "$T"/tree/ns/net-*
	remanifest "$T/tree"
	cr_mount "$CG" "$T/mnt"
	run cp -r "$T/tree/." "$T/mnt/"
	[ "$status" -ne 0 ]
	grep -qE '^ENOENT ns/net-[0-9]+: nftables: rule c of table f: use a kernel' "$T/mnt/.crfs/error"
}

@test "connections that are translated, and let in because they are established" {
	command -v iptables-nft > /dev/null || skip "no iptables-nft(8)"
	cg_new redirected
	export CRFS_GO=$T/go
	LOG=$T/work.log
	start_net_in "$CG" python3 "$REPO/tests/apps/redirected.py"
	wait_for grep -qx up "$LOG"
	in_net ip link set lo up
	in_net iptables-nft -t nat -A OUTPUT -p tcp --dport 8181 -j REDIRECT --to-ports 80 2> /dev/null || skip "no nat"
	in_net iptables-nft -t nat -A OUTPUT -p udp --dport 53 -j REDIRECT --to-ports 5353
	in_net iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
	touch "$T/work/rules"
	wait_for grep -qx ready "$LOG"
	in_net iptables-nft -P INPUT DROP
	in_net conntrack -L > "$T/followed" 2>&1 || true
	cat "$T/followed"
	there_and_same
	in_net conntrack -L 2>&1 || true
	[ "$(grep -c '^2 [0-9]* [0-9a-f]*$' "$T"/one/ns/net-*)" -ge 2 ]
	thaw "$CG"
	work_verify
}

@test "handles that are too high to be given again are lost by name; the rules come back" {
	starts
	{
		printf 'table inet high {\nchain c {\n'
		yes accept | head -n 66000
		printf '}\n}\nflush chain inet high c\nadd rule inet high c tcp dport 99 drop\n'
	} > "$T/high.nft"
	in_net nft -f "$T/high.nft"
	shown | grep -qE 'drop # handle 66[0-9]{3}$'
	unsupported_is '^ENODATA ns/net-[0-9]+: lost: the handles of table high of nftables, which are too high to be given again$'
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" lossy
	tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt" lossy
	timeout -k 5 120 tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	shown | grep -qE 'drop # handle [0-9]{1,2}$'
	work_verify
}
