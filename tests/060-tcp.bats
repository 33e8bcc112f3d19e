#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# TCP connections with the world outside: refused by name, or guarded so that the peer does not notice.
load helpers

# serve: redis-server in the container on $port; clients WHERE: at work, in $CG or outside
serve() {
	cg_new tcp
	port=$(free_port)
	LOG=$T/redis.log start_in "$CG" redis-server --port "$port" --bind "${1:-127.0.0.1}" --save "" \
		--protected-mode no --dir "$T/work"
	wait_for timeout 5 redis-cli -h "${1:-127.0.0.1}" -p "$port" ping > /dev/null
}
clients() {
	export CRFS_GO=$T/go
	"$@" python3 "$REPO/tests/apps/redis_client.py" "$port" 6 "${host:-127.0.0.1}" \
		< /dev/null > "$T/clients.log" 2>&1 3>&- &
	echo $! >> "$T/pids"
	wait_for grep -qxE 'ready|fail:.*' "$T/clients.log"
	grep -qx ready "$T/clients.log"
}
clients_pass() {
	: > "$CRFS_GO"
	WAIT=60 wait_for grep -qE '^(pass|fail:.*)$' "$T/clients.log"
	grep -qx pass "$T/clients.log" || { cat "$T/clients.log"; return 1; }
}
finish() {
	kill_all "$CG"
	wait_for guard_gone
	cr_umount "$T/mnt"
}

guards() {
	local n
	n=crfs-guard-$(stat -c %i "$CG")
	grep -c "@$n\$" /proc/net/unix || true
}
guard_gone() {
	[ "$(guards)" = 0 ]
}

# away: checkpoint with the guard, kill; back: restore
away() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	no_unsupported "$T/mnt"
	timeout -k 5 120 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	[ "$(guards)" = 1 ]
	cr_umount "$T/mnt"
	kill_all "$CG"
	[ "$(guards)" = 1 ]
}
back() {
	cr_mount "$CG" "$T/mnt" tcp=guard
	timeout -k 5 120 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	[ "$(guards)" = 1 ]
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	wait_for guard_gone
}

@test "a peer outside is named, and the manifest cannot be read" {
	serve
	clients env
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(grep -c "^EXDEV files/[0-9]*: connected with 127.0.0.1 port [0-9]* outside the container: " \
		"$T/mnt/unsupported")" = 6 ]
	run tar cf "$T/ckpt.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	guard_gone
	cr_umount "$T/mnt"
	thaw "$CG"
	clients_pass
	finish
}

@test "the server goes away and comes back: its clients do not notice" {
	serve
	clients env
	away
	sleep 1
	back
	clients_pass
	finish
}

@test "the clients go away and come back: their server does not notice" {
	cg_new tcp
	port=$(free_port)
	(close_fds; cd "$T/work"; exec redis-server --port "$port" --bind 127.0.0.1 --save "") \
		< /dev/null > "$T/redis.log" 2>&1 &
	echo $! >> "$T/pids"
	wait_for timeout 5 redis-cli -p "$port" ping > /dev/null
	export CRFS_GO=$T/go
	LOG=$T/work.log start_in "$CG" python3 "$REPO/tests/apps/redis_client.py" "$port" 6
	wait_for grep -qx ready "$T/work.log"
	away
	back
	cp "$T/work.log" "$T/clients.log"
	: > "$CRFS_GO"
	WAIT=60 wait_for grep -qE '^(pass|fail:.*)$' "$T/work.log"
	grep -qx pass "$T/work.log"
	finish
}

@test "urgent data of a peer outside, and for it" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	cg_new tcp
	port=$(free_port)
	export CRFS_GO=$T/go
	(close_fds; exec python3 "$REPO/tests/apps/tcp_urgent.py" outer "$port") < /dev/null > "$T/clients.log" 2>&1 &
	echo $! >> "$T/pids"
	wait_for grep -qx listening "$T/clients.log"
	LOG=$T/work.log start_in "$CG" python3 "$REPO/tests/apps/tcp_urgent.py" inner "$port"
	wait_for grep -qx ready "$T/work.log"
	wait_for grep -qx ready "$T/clients.log"
	away
	back
	clients_pass
	wait_for grep -qE '^(pass|fail:.*)$' "$T/work.log"
	grep -qx pass "$T/work.log"
	finish
}

@test "a checkpoint of a container that goes on: the guard goes with the thaw" {
	serve
	clients env
	for i in 1 2 3; do
		freeze "$CG"
		cr_mount "$CG" "$T/mnt" tcp=guard
		no_unsupported "$T/mnt"
		timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
		[ "$(guards)" = 1 ]
		[ "$i" = 1 ] || cr_umount "$T/mnt"
		thaw "$CG"
		wait_for guard_gone
		cr_umount "$T/mnt"
	done
	clients_pass
	finish
}

@test "the daemon is killed, and the guard: nothing is left, the container goes on" {
	serve
	clients env
	freeze "$CG"
	if [ "${CRFS_IMPL:-fuse}" = fuse ]; then
		cr_daemon "$CG" "$T/mnt" tcp=guard
		timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
		[ "$(guards)" = 1 ]
		kill -9 "$DAEMON"
		wait "$DAEMON" || true
		cr_umount "$T/mnt"
		[ "$(guards)" = 1 ]
		thaw "$CG"
		wait_for guard_gone
		freeze "$CG"
	fi
	cr_mount "$CG" "$T/mnt" tcp=guard
	no_unsupported "$T/mnt"
	[ "$(guards)" = 1 ]
	for p in $(pgrep -x crfs-guard); do
		# That of the kernel filesystem has no environment of ours, in a guest of its own.
		[ "${CRFS_IMPL:-fuse}" = fuse ] && ! grep -qz "^CRFS_TEST_ID=$CRFS_TEST_ID\$" "/proc/$p/environ" || kill -9 "$p"
	done
	wait_for guard_gone
	cr_umount "$T/mnt"
	thaw "$CG"
	clients_pass
	finish
}

@test "the cgroup is removed: so is the guard" {
	serve
	clients env
	away
	guarded=$(stat -c %i "$CG")
	rmdir "$CG"
	gone() { ! grep -q "@crfs-guard-$guarded\$" /proc/net/unix; }
	wait_for gone
}

# half HOST COMMAND...: connections in every state with a peer outside, started by COMMAND
half() {
	cg_new half
	port=$(free_port)
	export CRFS_GO=$T/go
	"${@:2}" python3 "$REPO/tests/apps/tcp_half.py" outer "$1" "$port" "$T/outer" \
		< /dev/null > "$T/outer.log" 2>&1 3>&- &
	echo $! >> "$T/pids"
	wait_for grep -qx listening "$T/outer.log"
	LOG=$T/work.log start_in "$CG" python3 "$REPO/tests/apps/tcp_half.py" inner "$1" "$port" "$T/work/inner"
	wait_for grep -qx ready "$T/work.log"
	wait_for grep -qx ready "$T/outer.log"
	sleep 0.5
	away
	sed -n 's/^state //p' <(tar xOf "$T/ckpt.tar" --wildcards './files/*') | sort | uniq -c
	sleep 1
	back
	: > "$CRFS_GO"
	WAIT=60 wait_for test -e "$T/outer"
	WAIT=60 wait_for test -e "$T/work/inner"
	python3 -c '
import json, sys
i, o = (json.load(open(f)) for f in sys.argv[1:])
for k, (a, b) in enumerate(zip(i, o)):
    print(k, a, b)
    assert a["same"] and b["same"] and a["sent"] == b["got"] and b["sent"] == a["got"], k
' "$T/work/inner" "$T/outer"
	finish
}

@test "connections in every state, the peer on this machine" { half 127.0.0.1 env; }
@test "connections in every state, IPv6" { half ::1 env; }

# Two networks, joined by a cable: packets come and go by a real output path.
other_net() {
	ip link add "crfs${CRFS_TEST_ID: -5}a" type veth peer name "crfs${CRFS_TEST_ID: -5}b" 2> /dev/null || skip "no veth"
	a=crfs${CRFS_TEST_ID: -5}a
	b=crfs${CRFS_TEST_ID: -5}b
	unshare --net sleep 300 3>&- &
	ns=$!
	echo "$ns" >> "$T/pids"
	other() { [ "$(readlink /proc/$ns/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for other
	ip link set "$b" netns "$ns"
	ip addr add 10.231.77.1/24 dev "$a"
	ip link set "$a" up
	nsenter -t "$ns" -n ip addr add 10.231.77.2/24 dev "$b"
	nsenter -t "$ns" -n ip link set "$b" up
	nsenter -t "$ns" -n ip link set lo up
}

@test "a peer in another network namespace" {
	other_net
	serve 10.231.77.1
	host=10.231.77.1 clients nsenter -t "$ns" -n
	away
	sleep 1
	back
	clients_pass
	finish
	ip link del "$a"
}

@test "connections in every state, the peer in another network namespace" {
	other_net
	half 10.231.77.2 nsenter -t "$ns" -n
	ip link del "$a"
}

# backlog HOST COMMAND...: who calls from outside waits to be accepted, and does not notice; who calls meanwhile too
backlog() {
	printf '6.10\n%s\n' "$(uname -r)" | sort -VC || skip "cannot be put back before Linux 6.10"
	cg_new backlog
	port=$(free_port)
	export CRFS_GO=$T/go
	LOG=$T/work.log start_in "$CG" python3 "$REPO/tests/apps/tcp_backlog.py" serve "$1" "$port"
	wait_for grep -qx ready "$T/work.log"
	"${@:2}" python3 "$REPO/tests/apps/tcp_backlog.py" call "$1" "$port" 9 < /dev/null > "$T/clients.log" 2>&1 3>&- &
	echo $! >> "$T/pids"
	"${@:2}" python3 "$REPO/tests/apps/tcp_backlog.py" call "$1" "$port" 3 "$T/late" < /dev/null > "$T/late.log" 2>&1 3>&- &
	echo $! >> "$T/pids"
	wait_for grep -qx ready "$T/clients.log"
	sleep 0.3
	away
	[ "$(tar xOf "$T/ckpt.tar" --wildcards './files/*' | grep -c ' ESTABLISHED \| CLOSE_WAIT ')" = 9 ]
	: > "$T/late"
	wait_for grep -qx calling "$T/late.log"
	sleep 0.5
	back
	: > "$CRFS_GO"
	clients_pass
	WAIT=30 wait_for grep -qE '^(pass|fail:.*)$' "$T/late.log"
	grep -qx pass "$T/late.log" || { cat "$T/late.log"; return 1; }
	WAIT=30 wait_for grep -qx pass "$T/work.log"
	grep -qx 'served 12' "$T/work.log"
	finish
}

@test "connections that wait to be accepted, from outside" { backlog 127.0.0.1 env; }
@test "connections that wait to be accepted, IPv6" { backlog ::1 env; }
@test "connections that wait to be accepted, from another network namespace" {
	other_net
	backlog 10.231.77.1 nsenter -t "$ns" -n
	ip link del "$a"
}

@test "without the guard a connection from outside that waits is named" {
	cg_new backlog
	port=$(free_port)
	export CRFS_GO=$T/go
	LOG=$T/work.log start_in "$CG" python3 "$REPO/tests/apps/tcp_backlog.py" serve 127.0.0.1 "$port"
	wait_for grep -qx ready "$T/work.log"
	python3 "$REPO/tests/apps/tcp_backlog.py" call 127.0.0.1 "$port" 2 < /dev/null > "$T/clients.log" 2>&1 3>&- &
	echo $! >> "$T/pids"
	wait_for grep -qx ready "$T/clients.log"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(grep -c "^EXDEV files/[0-9]*: a connection of 127.0.0.1 port [0-9]* outside the container waits" \
		"$T/mnt/unsupported")" = 2 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	clients_pass
	finish
}

@test "connections from outside to who waits for their data (TCP_DEFER_ACCEPT)" {
	cg_new deferred
	export CRFS_GO=$T/go
	port=$(free_port)
	cat > "$T/deferred.py" <<-'END'
		import os, socket, sys, time
		l = socket.socket()
		l.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 600)
		l.bind(("127.0.0.1", int(sys.argv[1])))
		l.listen()
		print("ready", flush=True)
		while not os.path.exists(os.environ["CRFS_GO"]):
		    time.sleep(0.02)
		for i in range(2):
		    c, a = l.accept()
		    assert c.recv(10) == b"here"
		print("pass", flush=True)
	END
	start_in "$CG" python3 "$T/deferred.py" "$port"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	no_unsupported "$T/mnt"
	cr_umount "$T/mnt"
	thaw "$CG"
	wait_for guard_gone
	python3 -c 'import os, socket, sys, time
s = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for i in range(2)]
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
	time.sleep(0.02)
for c in s:
	c.sendall(b"here")
time.sleep(60)' "$port" > "$T/caller.log" 2>&1 < /dev/null 3>&- 4>&- &
	echo $! >> "$T/pids"
	wait_for grep -qx ready "$T/caller.log"
	sleep 0.2
	freeze "$CG"
	for how in tcp=guard tcp=refuse; do
		cr_mount "$CG" "$T/mnt" "$how"
		cat "$T/mnt/unsupported"
		grep -qxE 'ENODATA files/[0-9]+: lost: 2 connections from outside, from which data is waited for \(TCP_DEFER_ACCEPT\): they are reset when it comes' \
			"$T/mnt/unsupported"
		[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
		not cat "$T/mnt/manifest"
		cr_umount "$T/mnt"
	done
	thaw "$CG"
	: > "$CRFS_GO"
	# What was dropped meanwhile comes again.
	WAIT=60 wait_for grep -qE '^pass|Error' "$LOG"
	grep -qx pass "$LOG"
}

# An address at which nobody lives: what is sent there is lost, and no answer comes.
@test "many connections, one not made yet, a listener without SO_REUSEADDR" {
	other_net
	ip neigh add 10.231.77.9 lladdr 02:00:00:00:00:09 dev "$a" nud permanent
	cg_new many
	export CRFS_GO=$T/go
	start_in "$CG" python3 "$REPO/tests/apps/tcp_many.py" 200 10.231.77.9 99
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
	ip link del "$a"
}
