#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real servers under load, killed and restored while they work; their clients, in the container and outside
# of it, look at every answer.
load helpers

setup_file() {
	PGBIN=$(echo /usr/lib/postgresql/*/bin)
	export PGBIN
}

need() {
	command -v "$1" > /dev/null || skip "$1 is not installed"
}

lines() { wc -l < "$LOG"; }
more_than() { [ "$(lines)" -gt "$1" ]; }
goes_on() {
	wait_for more_than $(($(lines) + ${1:-10}))
}

# counts CMD...: it prints 0, 1, 2, ... before, after, and misses or repeats nothing
counts() {
	cg_new counts
	start_in "$CG" "$@"
	WAIT=30 wait_for more_than 20
	there_and_back
	WAIT=30 goes_on 20
	awk '$1 != NR - 1 { print "line " NR " says " $1; exit 1 }' "$LOG"
}

# guarded: there and back, with connections to the world outside
guarded() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	no_unsupported "$T/mnt"
	timeout -k 5 120 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	timeout -k 5 120 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
}

# outside LOG CMD...: a client that is not in the container
outside() {
	( close_fds; cd "$T/work"; exec "${@:2}" < /dev/null > "$1" 2>&1 ) &
	CLIENT=$!
	echo "$CLIENT" >> "$T/pids"
}

passes() {
	: > "$CRFS_GO"
	WAIT=60 wait_for grep -qE '^(pass|fail:.*)$' "$1"
	grep -qx pass "$1" || { cat "$1"; return 1; }
}

# --- PostgreSQL ---

as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
sql() { timeout 30 psql -h 127.0.0.1 -p "$port" -U postgres -qAtX "$@"; }

postgres_in() {
	[ -x "$PGBIN/postgres" ] || skip "postgresql is not installed"
	cg_new postgres
	port=$(free_port)
	chown postgres "$T/work"
	(cd "$T/work"; as_postgres "$PGBIN/initdb" -D "$T/work/db" -A trust --no-sync -E UTF8 --no-locale > /dev/null)
	LOG=$T/postgres.log start_ipc_in "$CG" setpriv --reuid=postgres --regid=postgres --clear-groups \
		"$PGBIN/postgres" -D db -p "$port" -k "$T/work" -c fsync=off -c shared_buffers=16MB
	wait_for sql -c 'select 1' > /dev/null
	timeout 60 "$PGBIN/pgbench" -h 127.0.0.1 -p "$port" -U postgres -q -i -s 1 postgres > /dev/null 2>&1
}

# what it has in /dev/shm goes with it
postgres_ends() {
	kill -INT "$(head -n 1 "$T/work/db/postmaster.pid")"
	wait_for test ! -e "$T/work/db/postmaster.pid"
}

# bank N: N transactions were done, and no money was made or lost
bank() {
	[ "$(sql -c "select (select count(*) from pgbench_history) || ' ' ||
		((select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)) || ' ' ||
		((select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches))")" = "$1 true true" ]
}
transactions() { [ "$(sql -c 'select count(*) from pgbench_history')" -gt 100 ]; }

@test "PostgreSQL with pgbench, an open transaction and a prepared statement, all in one container" {
	postgres_in
	mkfifo "$T/work/in"
	LOG=$T/psql.log start_in "$CG" bash -c 'exec 0<> in; exec psql -h "$PWD" -p "$1" -U postgres -qAtX' _ "$port"
	say 'create table kept(v int);' 'begin;' 'prepare put(int) as insert into kept values ($1) returning v;' \
		'declare c cursor for select aid from pgbench_accounts order by aid;' 'fetch 2 from c;' 'execute put(71);'
	wait_for grep -qx 71 "$T/psql.log"
	LOG=$T/bench.log start_in "$CG" "$PGBIN/pgbench" -h "$T/work" -p "$port" -U postgres -n -c 4 -j 2 \
		-M prepared -t 1500 postgres
	wait_for transactions
	there_and_back
	say 'execute put(72);' 'fetch 1 from c;' 'commit;' "select 'done';"
	wait_for grep -qx done "$T/psql.log"
	[ "$(tr '\n' ' ' < "$T/psql.log")" = '1 2 71 72 3 done ' ]
	WAIT=60 wait_for grep -q 'actually processed: 6000/6000' "$T/bench.log"
	grep -q 'failed transactions: 0 ' "$T/bench.log"
	bank 6000
	[ "$(sql -c 'select sum(v) from kept')" = 143 ]
	postgres_ends
}

@test "PostgreSQL, pgbench outside" {
	postgres_in
	outside "$T/bench.log" "$PGBIN/pgbench" -h 127.0.0.1 -p "$port" -U postgres -n -c 4 -j 2 -M prepared -t 1500 postgres
	wait_for transactions
	guarded
	WAIT=60 wait_for grep -q 'actually processed: 6000/6000' "$T/bench.log"
	grep -q 'failed transactions: 0 ' "$T/bench.log"
	bank 6000
	postgres_ends
}

# --- nginx ---

nginx_in() {
	need nginx
	cg_new nginx
	port=$(free_port)
	mkdir "$T/work/pages"
	for i in 0 1 2 3; do head -c $((i * 30000 + 100)) /dev/urandom > "$T/work/pages/$i"; done
	head -c 12M /dev/urandom > "$T/work/pages/large"
	cat > "$T/work/nginx.conf" <<-END
		daemon off; worker_processes 2; pid nginx.pid; error_log stderr; user root;
		events { worker_connections 100; }
		http {
			access_log off; sendfile on; keepalive_requests 1000000;
			server { listen 127.0.0.1:$port; root pages; }
		}
	END
	export CRFS_GO=$T/go
	LOG=$T/nginx.log start_in "$CG" nginx -p "$T/work" -c nginx.conf
	wait_for curl_page
}
curl_page() {
	python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/0', timeout=5).read()" 2> /dev/null
}

@test "nginx and its clients in one container: kept alive, and large files in the middle" {
	nginx_in
	LOG=$T/client.log start_in "$CG" python3 "$REPO/tests/apps/http_client.py" "$port" pages
	wait_for grep -qxE 'ready|fail:.*' "$T/client.log"
	# Not compared: the large files wait for a window that is closed, and what is in it takes less room
	# when it is put back, so that TCP goes on, and data with it, also between two who are frozen.
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	thaw "$CG"
	passes "$T/client.log"
}

@test "nginx, the same clients outside" {
	nginx_in
	outside "$T/client.log" python3 "$REPO/tests/apps/http_client.py" "$port" pages
	wait_for grep -qxE 'ready|fail:.*' "$T/client.log"
	guarded
	passes "$T/client.log"
}

# --- redis ---

redis_in() {
	cg_new redis
	port=$(free_port)
	LOG=$T/redis.log start_in "$CG" redis-server --port "$port" --bind 127.0.0.1 --save "" --dir "$T/work"
	wait_for timeout 5 redis-cli -p "$port" ping > /dev/null
}
requests() { timeout 5 redis-cli -p "$port" info commandstats | sed -n 's/^cmdstat_incr:calls=\([0-9]*\),.*/\1/p'; }
some_requests() { [ "$(requests)" -gt 5000 ]; }
bench_of() {
	echo redis-benchmark -p "$port" -c 20 -P 4 -n 200000 -t incr
}

@test "redis with redis-benchmark in one container" {
	redis_in
	LOG=$T/bench.log start_in "$CG" $(bench_of)
	wait_for some_requests
	there_and_back
	WAIT=60 wait_for grep -q 'throughput summary' "$T/bench.log"
	[ "$(requests)" = "$(timeout 5 redis-cli -p "$port" get counter:__rand_int__)" ]
	[ "$(requests)" -ge 200000 ]
}

@test "redis, redis-benchmark outside" {
	redis_in
	outside "$T/bench.log" $(bench_of)
	wait_for some_requests
	guarded
	WAIT=60 wait_for grep -q 'throughput summary' "$T/bench.log"
	[ "$(requests)" = "$(timeout 5 redis-cli -p "$port" get counter:__rand_int__)" ]
	[ "$(requests)" -ge 200000 ]
}

# --- virtual machines and builds ---

@test "a JVM with many threads, its compiler warm" {
	need java
	compiler=$(command -v javac || command -v ecj) || skip "no Java compiler is installed"
	"$compiler" -d "$T/work" "$REPO/tests/apps/Work.java"
	counts java -Xmx64m Work
}

# It tidies up what has a name in /dev/shm.
@test "python3: asyncio and multiprocessing, forked" {
	export CRFS_GO=$T/go
	counts python3 "$REPO/tests/apps/manifold.py" fork
	: > "$CRFS_GO"
	wait_for cg_empty "$CG"
}

@test "python3: asyncio and multiprocessing, spawned" {
	export CRFS_GO=$T/go
	counts python3 "$REPO/tests/apps/manifold.py" spawn
	: > "$CRFS_GO"
	wait_for cg_empty "$CG"
}

@test "make -j of a C program, in several moments" {
	cg_new make
	for i in $(seq 40); do
		printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint f%d(int x) { char b[99]; return x + sprintf(b, "%%d", %d) + (int)strlen(b); }\n' \
			"$i" "$i" > "$T/work/f$i.c"
	done
	{
		echo '#include <stdio.h>'
		for i in $(seq 40); do echo "int f$i(int);"; done
		echo 'int main(void) { int x = 0;'
		for i in $(seq 40); do echo "x = f$i(x);"; done
		echo 'printf("%d\n", x); }'
	} > "$T/work/main.c"
	# shellcheck disable=SC2016
	printf '%s\n' 'prog: main.o $(patsubst %.c,%.o,$(wildcard f*.c))' $'\tgcc -o $@ $^' \
		'%.o: %.c' $'\t+@$(MAKE) --no-print-directory -f sub.mk $@' > "$T/work/Makefile"
	printf '%%.o: %%.c\n\tgcc -O2 -pipe -c -o $@ $<\n' > "$T/work/sub.mk"
	start_in "$CG" make -s -j3
	rounds=0
	for i in 1 2 3; do
		sleep 0.2
		cg_empty "$CG" && break
		there_and_back
		cr_umount "$T/mnt"
		rm -rf "$T/one" "$T/two"
		rounds=$i
	done
	echo "$rounds rounds"
	[ "$rounds" -ge 1 ]
	WAIT=60 wait_for cg_empty "$CG"
	[ "$("$T/work/prog")" = 142 ] || { cat "$LOG"; "$T/work/prog"; return 1; }
	[ ! -s "$LOG" ]
}
