#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that nobody had in mind: each there and back while it works, and looked at afterwards.
load ../helpers

need() {
	command -v "$1" > /dev/null || skip "$1 is not installed"
}

lines() { wc -l < "$LOG"; }
more_than() { [ "$(lines)" -gt "$1" ]; }
goes_on() { WAIT=30 wait_for more_than $(($(lines) + ${1:-10})); }

# counts CMD...: it prints 0, 1, 2, ... before, after three rounds, and misses or repeats nothing
counts() {
	local i
	cg_new counts
	start_in "$CG" "$@"
	for i in 1 2 3; do
		goes_on 10
		there_and_back
		cr_umount "$T/mnt"
		rm -rf "$T/one" "$T/two"
	done
	goes_on 10
	awk '$1 != NR - 1 { print "line " NR " says " $1; exit 1 }' "$LOG"
}

@test "go, which asks itself over HTTP" {
	need go
	cat > "$T/work/m.go" <<-'END'
		package main
		import ("fmt"; "io"; "net"; "net/http"; "os"; "time")
		func main() {
			l, _ := net.Listen("tcp", "127.0.0.1:0")
			http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })
			go http.Serve(l, nil)
			for i := 0; ; i++ {
				r, err := http.Get(fmt.Sprintf("http://%s/%d", l.Addr(), i))
				if err != nil { fmt.Println("fail", err); os.Exit(1) }
				b, _ := io.ReadAll(r.Body)
				r.Body.Close()
				if string(b) != fmt.Sprintf("/%d", i) { fmt.Println("fail", string(b)); os.Exit(1) }
				fmt.Println(i)
				time.Sleep(10 * time.Millisecond)
			}
		}
	END
	(cd "$T/work"; HOME=$T GO111MODULE=off GOCACHE=$T/cache go build -o m m.go)
	counts ./m
}

@test "node: workers, and a server that is asked over one connection" {
	need node
	counts node -e 'const { Worker } = require("worker_threads"), http = require("http");
		for (let i = 0; i < 3; i++) new Worker("setInterval(() => { for (let i = 0, n = 0; i < 1e5; i++) n += i }, 5)", { eval: true });
		const agent = new http.Agent({ keepAlive: true }); let i = 0;
		const s = http.createServer((q, r) => r.end(q.url)).listen(0, "127.0.0.1", ask);
		function ask() { http.get({ port: s.address().port, host: "127.0.0.1", agent, path: "/" + i }, r => {
			let b = ""; r.on("data", d => b += d);
			r.on("end", () => { if (b != "/" + i) console.log("fail", b); console.log(i++); setTimeout(ask, 10) }) }) }'
}

@test "ruby with threads and queues" {
	need ruby
	counts ruby -e '$stdout.sync = true; q = Queue.new; 4.times { Thread.new { loop { q << rand; sleep 0.01 } } }
		(0..).each { |i| q.pop; puts i }'
}

@test "perl that starts and waits for children" {
	counts perl -e '$| = 1; for (my $i = 0;; $i++) { my $p = fork; if (!$p) { select undef, undef, undef, 0.02; exec "sh", "-c", "exit 3" }
		waitpid $p, 0; die unless $? >> 8 == 3; print "$i\n" }'
}

@test "python3 under valgrind" {
	need valgrind
	counts valgrind -q python3 -uc 'import itertools, time
for i in itertools.count(): print(i); time.sleep(0.03)'
}

@test "an ssh session through sshd" {
	need sshd
	mkdir -p /run/sshd
	port=$(free_port)
	chmod 755 "$T/work"
	ssh-keygen -q -t ed25519 -N "" -f "$T/work/host"
	ssh-keygen -q -t ed25519 -N "" -f "$T/work/user"
	cat > "$T/work/both" <<-END
		/usr/sbin/sshd -D -f /dev/null -p $port -h $T/work/host -o ListenAddress=127.0.0.1 \
			-o AuthorizedKeysFile=$T/work/user.pub -o StrictModes=no -o UsePAM=no -o PidFile=none &
		sleep 0.5
		exec ssh -q -p $port -i user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \
			root@127.0.0.1 'i=0; while :; do echo \$i; i=\$((i + 1)); sleep 0.02; done'
	END
	counts sh both
}

@test "haproxy in front of a server, its clients in the container" {
	need haproxy
	cg_new haproxy
	front=$(free_port) back=$(free_port)
	mkdir "$T/work/pages"
	for i in 0 1 2 3; do head -c $((i * 30000 + 100)) /dev/urandom > "$T/work/pages/$i"; done
	head -c 12M /dev/urandom > "$T/work/pages/large"
	cat > "$T/work/h.cfg" <<-END
		global
		  nbthread 2
		defaults
		  mode http
		  timeout connect 60s
		  timeout client 60s
		  timeout server 60s
		listen l
		  bind 127.0.0.1:$front
		  server s 127.0.0.1:$back
	END
	LOG=$T/server.log start_in "$CG" python3 -c 'import http.server as h, sys
class H(h.SimpleHTTPRequestHandler):
	protocol_version = "HTTP/1.1"
	def log_message(self, *a): pass
h.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), lambda *a: H(*a, directory="pages")).serve_forever()' "$back"
	LOG=$T/haproxy.log start_in "$CG" haproxy -db -f h.cfg
	sleep 1
	export CRFS_GO=$T/go
	LOG=$T/client.log start_in "$CG" python3 "$REPO/tests/apps/http_client.py" "$front" pages
	wait_for grep -qxE 'ready|fail:.*' "$T/client.log"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	thaw "$CG"
	: > "$CRFS_GO"
	WAIT=60 wait_for grep -qE '^(pass|fail:.*)$' "$T/client.log"
	cat "$T/client.log"
	grep -qx pass "$T/client.log"
}

@test "php-fpm and its children" {
	fpm=$(compgen -c php-fpm | head -n 1)
	[ -n "$fpm" ] || skip "php-fpm is not installed"
	cg_new fpm
	printf '%s\n' '[global]' 'error_log=/dev/stderr' 'daemonize=no' '[www]' 'user=nobody' 'group=nogroup' \
		"listen=$T/work/php.sock" 'pm=static' 'pm.max_children=3' > "$T/work/fpm.conf"
	start_in "$CG" "$fpm" -F -R -y "$T/work/fpm.conf"
	wait_for test -S "$T/work/php.sock"
	wait_for grep -q 'ready to handle' "$LOG"
	there_and_back
	[ "$(cg_pids "$CG" | wc -l)" = 4 ]
	python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])' "$T/work/php.sock"
	kill -QUIT "$PID"
	wait_for cg_empty "$CG"
}

@test "MariaDB with an open transaction" {
	need mariadbd
	cg_new mariadb
	chmod 755 "$T/work"
	mkdir "$T/work/db"
	chown mysql "$T/work/db"
	mariadb-install-db --no-defaults --user=mysql --datadir="$T/work/db" --tmpdir="$T/work/db" \
		--skip-test-db > "$T/install.log" 2>&1 || { cat "$T/install.log"; false; }
	LOG=$T/mariadb.log start_in "$CG" mariadbd --no-defaults --user=mysql --datadir="$T/work/db" --tmpdir="$T/work/db" --socket="$T/work/db/s" \
		--skip-networking --pid-file="$T/work/db/p" --innodb-buffer-pool-size=16M --innodb-use-native-aio=0
	up() { mariadb --no-defaults -S "$T/work/db/s" -e 'select 1' > /dev/null 2>&1; }
	WAIT=30 wait_for up
	mkfifo "$T/work/in"
	LOG=$T/sql.log start_in "$CG" bash -c 'exec 0<> in; exec mariadb --no-defaults -S db/s -nNB'
	say 'create database d; use d; create table t(v int) engine=innodb;' 'begin;' 'insert into t values (71);' 'select sum(v) from t;'
	wait_for grep -qx 71 "$T/sql.log"
	there_and_back
	say 'insert into t values (72);' 'commit;' 'select sum(v) from t;'
	wait_for grep -qx 143 "$T/sql.log"
	[ "$(mariadb --no-defaults -S "$T/work/db/s" -NBe 'select sum(v) from d.t')" = 143 ]
}

@test "unbound answers" {
	need unbound
	cg_new unbound
	port=$(free_port)
	printf '%s\n' 'server:' " interface: 127.0.0.1@$port" ' chroot: ""' ' username: ""' " directory: \"$T/work\"" ' pidfile: ""' \
		' do-daemonize: no' ' use-syslog: no' ' num-threads: 2' ' local-data: "here.test. A 192.0.2.7"' > "$T/work/u.conf"
	start_in "$CG" unbound -d -c "$T/work/u.conf"
	answer() {
		python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4here\4test\0\0\1\0\1", ("127.0.0.1", int(sys.argv[1])))
assert s.recv(500).endswith(bytes((192, 0, 2, 7)))' "$port" 2> /dev/null
	}
	wait_for answer
	there_and_back
	wait_for answer
}

@test "screen with a shell" {
	need screen
	cg_new screen
	mkdir -m 700 "$T/work/sd"
	pty_lock
	SCREENDIR=$T/work/sd TERM=xterm start_in "$CG" screen -D -m -S s sh -c 'i=0; while :; do echo $i >> out; i=$((i + 1)); sleep 0.05; done'
	wait_for test -s "$T/work/out"
	there_and_back
	before=$(wc -l < "$T/work/out")
	on() { [ "$(wc -l < "$T/work/out")" -gt $((before + 10)) ]; }
	wait_for on
	awk '$1 != NR - 1 { exit 1 }' "$T/work/out"
}

@test "ffmpeg in the middle of a film makes the same film" {
	need ffmpeg
	film() { echo ffmpeg -v error -nostdin -y -f lavfi -i testsrc2=s=320x240:r=25:d=40 -threads 2 -bitexact -c:v mpeg4 -f avi "$1"; }
	# shellcheck disable=SC2046
	(cd "$T/work"; $(film alone.avi) 2> /dev/null)
	cg_new ffmpeg
	# shellcheck disable=SC2046
	start_in "$CG" $(film film.avi)
	wait_for test -s "$T/work/film.avi"
	there_and_back
	WAIT=60 wait_for cg_empty "$CG"
	cmp "$T/work/alone.avi" "$T/work/film.avi"
}
