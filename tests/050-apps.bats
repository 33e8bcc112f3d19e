#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real programs, checkpointed in the middle of what they do: redis, python, bash on a pty, sqlite3.
load helpers

@test "redis-server with data and a TCP listener" {
	cg_new redis
	port=$(free_port)
	start_in "$CG" redis-server --port "$port" --bind 127.0.0.1 --save "" --dir "$T/work" \
		--enable-debug-command yes
	cli() { timeout 20 redis-cli -p "$port" "$@"; }
	wait_for cli ping > /dev/null
	cli debug populate 50000 key 200
	cli set before checkpoint
	cli expire before 1000
	sum=$(cli debug digest)
	pid=$(cli info server | tr -d '\r' | sed -n 's/^process_id://p')
	there_and_back
	[ "$(cli debug digest)" = "$sum" ]
	[ "$(cli get before)" = checkpoint ]
	[ "$(cli dbsize)" = 50001 ]
	[ "$(cli info server | tr -d '\r' | sed -n 's/^process_id://p')" = "$pid" ]
	cli set after restore
	cli shutdown nosave || true
	wait_for cg_empty "$CG"
}

@test "redis-server and clients of it at work, in one container" {
	cg_new redis-clients
	port=$(free_port)
	LOG=$T/redis.log start_in "$CG" redis-server --port "$port" --bind 127.0.0.1 --save "" --dir "$T/work"
	wait_for timeout 5 redis-cli -p "$port" ping > /dev/null
	export CRFS_GO=$T/go
	LOG=$T/work.log
	start_in "$CG" python3 "$REPO/tests/apps/redis_client.py" "$port" 8
	wait_for grep -qxE 'ready|fail:.*' "$LOG"
	there_and_back
	: > "$CRFS_GO"
	WAIT=30 wait_for grep -qE '^(pass|fail:.*)$' "$LOG"
	[ "$(grep -cx pass "$LOG")" = 1 ]
	timeout 5 redis-cli -p "$port" shutdown nosave || true
	wait_for cg_empty "$CG"
}

@test "redis-server with unix sockets and a save in the background done before" {
	cg_new redis-unix
	start_in "$CG" redis-server --port 0 --unixsocket "$T/work/redis.sock" --dir "$T/work" \
		--appendonly yes --appendfsync everysec
	cli() { timeout 20 redis-cli -s "$T/work/redis.sock" "$@"; }
	wait_for cli ping > /dev/null
	for i in 1 2 3 4 5; do cli set "key$i" "value$i"; done
	there_and_back
	[ "$(cli get key3)" = value3 ]
	cli set key6 value6
	cli shutdown
	wait_for cg_empty "$CG"
}

@test "python3 with threads" {
	cg_new python
	export CRFS_GO=$T/go
	start_in "$CG" python3 "$REPO/tests/apps/threads.py"
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "bash on a pty with a pipeline in the middle" {
	cg_new bash
	LOG=$T/work.log
	interactive env PS1='$ ' HISTFILE= script -qf -c 'bash --norc --noprofile -i' "$T/work/typescript"
	wait_for test -s "$T/work/typescript"
	say 'x=kept; f() { echo "f says $1"; }; stty cols 93 rows 31'
	say '(for ((i = 1; i <= 300; i++)); do echo $i; sleep 0.005; done) | tee all | awk "{ s += \$1 } END { print s > \"sum\" }" &'
	say 'sleep 1000 &'
	say 'echo started > started'
	wait_for test -s "$T/work/started"
	wait_for test -s "$T/work/all"
	there_and_back
	say 'f $x > f.out; stty size > size; jobs > jobs; tty > tty'
	wait_for grep -qx 'f says kept' "$T/work/f.out"
	wait_for test -s "$T/work/tty"
	[ "$(cat "$T/work/size")" = "31 93" ]
	grep -q 'sleep 1000' "$T/work/jobs"
	grep -q '^/dev/pts/' "$T/work/tty"
	wait_for test -s "$T/work/sum"
	[ "$(cat "$T/work/sum")" = 45150 ]
	[ "$(wc -l < "$T/work/all")" = 300 ]
	say 'kill %2; wait; exit'
	wait_for cg_empty "$CG"
}

@test "sqlite3 in the middle of a transaction" {
	cg_new sqlite
	interactive sqlite3 -batch bank.db
	say 'create table t(id integer primary key, v text);'
	say 'begin immediate;'
	say "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) insert into t select i, 'row ' || i from n;"
	say 'select count(*) from t;'
	wait_for grep -qx 20000 "$LOG"
	there_and_back
	# The lock is still held: nobody else may write.
	run sqlite3 "$T/work/bank.db" 'insert into t values (0, "intruder");'
	[ "$status" -ne 0 ]
	say "insert into t values (20001, 'after');" 'commit;' "select 'done';"
	wait_for grep -qx done "$LOG"
	[ "$(sqlite3 "$T/work/bank.db" 'select count(*) from t; pragma integrity_check;')" = "20001
ok" ]
	say .quit
	wait_for cg_empty "$CG"
}

@test "a whole container with its own init, pids and names" {
	cg_new container
	start_ns_in "$CG" bash -c 'hostname inside; trap "exit 0" TERM
		(while :; do date +%s > tick; sleep 0.05; done) & echo $! > pid; wait'
	wait_for test -s "$T/work/tick"
	there_and_back
	[ "$(cat "$T/work/pid")" -lt 20 ]
	rm "$T/work/tick"
	wait_for test -s "$T/work/tick"
	kill_all "$CG"
}

@test "a program under load: gzip of a stream, split by a checkpoint" {
	cg_new gzip
	head -c 60M /dev/urandom > "$T/work/random"
	start_in "$CG" bash -c 'cat random random | gzip -1 | gzip -dc | sha256sum > sum'
	sleep 0.5
	there_and_back
	WAIT=60 wait_for test -s "$T/work/sum"
	[ "$(cat "$T/work/sum")" = "$(cat "$T/work/random" "$T/work/random" | sha256sum)" ]
}
