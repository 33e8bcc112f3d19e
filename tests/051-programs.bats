#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of all kinds go there and back: languages, shells, terminals, servers, crowds, odd parents.
load helpers

setup_file() {
	gcc -static -O2 -o "$BATS_FILE_TMPDIR/count" "${BATS_TEST_DIRNAME:?}/apps/count.c"
}

need() {
	command -v "$1" > /dev/null || skip "$1 is not installed"
}

lines() { wc -l < "$LOG"; }
more_than() { [ "$(lines)" -gt "$1" ]; }

# goes_on [LINES]: $LOG grows by as many
goes_on() {
	local n
	n=$(lines)
	wait_for more_than $((n + ${1:-10}))
}

# counts CMD...: it prints 0, 1, 2, ... before, after, and misses or repeats nothing
counts() {
	cg_new counts
	start_in "$CG" "$@"
	goes_on 5
	there_and_back
	goes_on
	awk '$1 != NR - 1 { print "line " NR " says " $1; exit 1 }' "$LOG"
}

# --- languages and their runtimes ---

@test "C, statically linked" {
	counts "$BATS_FILE_TMPDIR/count"
}

@test "perl, with an alarm every few seconds" {
	need perl
	counts perl -e '$| = 1; $SIG{ALRM} = sub { alarm 4 }; alarm 4; my %h = map { $_ => rand } 1 .. 100000;
		while (1) { print $i++, "\n"; select undef, undef, undef, 0.02 }'
}

@test "node, with workers" {
	need node
	counts node -e 'const { Worker } = require("worker_threads");
		for (let i = 0; i < 3; i++) new Worker("setInterval(() => { for (let i = 0, n = 0; i < 1e5; i++) n += i }, 10)", { eval: true });
		let i = 0; setInterval(() => console.log(i++), 20)'
}

@test "java, with its many threads" {
	need javac
	cat > "$T/work/Count.java" <<-'END'
		public class Count {
			public static void main(String[] args) throws Exception {
				for (int i = 0; ; i++) {
					System.out.println(i);
					byte[] garbage = new byte[100000];
					Thread.sleep(20);
				}
			}
		}
	END
	javac -d "$T/work" "$T/work/Count.java"
	counts java -Xmx64m Count
}

@test "python3 that starts a program for every line" {
	counts python3 -uc 'import itertools, subprocess
for i in itertools.count(): subprocess.run(["/bin/echo", str(i)], check=True)'
}

# --- shells ---

@test "sh that starts a program for every line" {
	counts sh -c 'i=0; while :; do /bin/echo $i; i=$((i + 1)); done'
}

@test "bash with traps and jobs in the background" {
	cg_new jobs
	start_in "$CG" bash -c 'trap "echo got USR1" USR1; trap "kill %1 %2; echo bye; exit" TERM
		sleep 1000 & (while sleep 0.1; do echo sub; done) & cat <(sleep 1000) &
		while :; do wait -n; done'
	wait_for grep -q sub "$LOG"
	there_and_back
	: > "$LOG"
	kill -USR1 "$PID"
	wait_for grep -qx 'got USR1' "$LOG"
	wait_for grep -qx sub "$LOG"
	kill -TERM "$PID"
	wait_for grep -qx bye "$LOG"
}

@test "make -j2 between two compilers" {
	cg_new make
	printf 'all: a b c d\n%%:\n\t@sleep 0.7; echo $@ >> made\n' > "$T/work/Makefile"
	start_in "$CG" make -s -j2
	sleep 0.3
	there_and_back
	wait_for cg_empty "$CG"
	[ "$(sort "$T/work/made" | tr -d '\n')" = aallbcd ]
}

@test "sort of a file larger than its memory" {
	cg_new sort
	seq 1000000 | shuf > "$T/work/in"
	start_in "$CG" sort -n -S 8M -T . -o out in
	sleep 0.3
	there_and_back
	WAIT=60 wait_for cg_empty "$CG"
	seq 1000000 | cmp - "$T/work/out"
}

@test "tail -F, which waits for inotify" {
	cg_new tail
	echo before > "$T/work/file"
	start_in "$CG" tail -F file
	wait_for grep -qx before "$LOG"
	there_and_back
	echo after >> "$T/work/file"
	wait_for grep -qx after "$LOG"
}

# --- on a terminal ---

@test "vim in the middle of a line" {
	need vim
	cg_new vim
	on_a_pty vim -u NONE -n file
	wait_for grep -q file "$T/work/screen"
	press 'ihello'
	wait_for grep -q hello "$T/work/screen"
	there_and_back
	press ' again\033:wq\r'
	wait_for cg_empty "$CG"
	[ "$(cat "$T/work/file")" = "hello again" ]
}

@test "less, and its place in the file" {
	need less
	cg_new less
	seq 1000 > "$T/work/file"
	on_a_pty less file
	wait_for grep -q 15 "$T/work/screen"
	there_and_back
	press 500g
	wait_for grep -q 510 "$T/work/screen"
	press q
	wait_for cg_empty "$CG"
}

@test "top, which draws on" {
	cg_new top
	# Of itself: it reads, and may have open just then, what it shows
	on_a_pty top -d 0.2 -p 0
	wait_for grep -qa load "$T/work/screen"
	there_and_back
	: > "$T/work/screen"
	wait_for grep -qa load "$T/work/screen"
	press q
	wait_for cg_empty "$CG"
}

@test "a tmux server with a shell" {
	need tmux
	cg_new tmux
	tm() { timeout 10 tmux -S "$T/work/sock" "$@"; }
	shows() { tm capture-pane -p -t s | grep -qx "$1"; }
	start_in "$CG" env TERM=xterm tmux -S "$T/work/sock" -f /dev/null new-session -d -s s 'PS1="> " sh -i'
	wait_for shows '>'
	tm send-keys -t s 'x=kept; echo up' Enter
	wait_for shows up
	there_and_back
	tm send-keys -t s 'echo $x' Enter
	wait_for shows kept
}

# --- servers ---

@test "memcached, and what is in it" {
	need memcached
	cg_new memcached
	ask() { printf '%s\r\n' "$@" quit | timeout 5 socat - "UNIX:$T/work/sock"; }
	chmod 777 "$T/work"
	start_in "$CG" memcached -u nobody -s "$T/work/sock"
	wait_for test -S "$T/work/sock"
	ask 'set key 0 0 4' kept
	there_and_back
	ask 'get key' | grep -q kept
}

@test "python3 -m http.server" {
	cg_new http
	port=$(free_port)
	echo hello > "$T/work/page"
	start_in "$CG" python3 -m http.server "$port" --bind 127.0.0.1
	get() { python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/page', timeout=5).read())" 2>&1; }
	answers() { get | grep -q hello; }
	wait_for answers
	there_and_back
	answers
}

# --- crowds ---

# A second's worth: so many are to be made, stopped, copied, made again.
crowd() {
	cg_new "crowd-$1"
	start_in "$CG" python3 "$REPO/tests/apps/crowd.py" "$@"
	WAIT=30 goes_on 1
	there_and_back
	WAIT=30 goes_on 3
}

@test "1000 threads" {
	crowd threads 1000
}

@test "300 processes side by side" {
	crowd wide 300
}

@test "200 processes, each the child of the one before" {
	crowd deep 200
}

# --- unusual circumstances ---

@test "a daemon that has left its session, and whose parents are gone" {
	cg_new daemon
	start_in "$CG" bash -c '(setsid "$1" & ) ; exit' _ "$BATS_FILE_TMPDIR/count"
	goes_on 5
	[ "$(cg_pids "$CG" | wc -l)" = 1 ]
	there_and_back
	goes_on
}

@test "processes of several users" {
	cg_new users
	start_in "$CG" bash -c '
		setpriv --reuid=1234 --regid=4321 --groups=5,6 --no-new-privs --inh-caps=-all sh -c "while :; do id; sleep 0.1; done" &
		setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c "while :; do id; sleep 0.1; done" & wait'
	goes_on 5
	there_and_back
	: > "$LOG"
	wait_for grep -q '^uid=1234 gid=4321(*.*groups=4321,5(tty),6(disk)$' "$LOG"
	wait_for grep -q '^uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)$' "$LOG"
}

@test "a program in an empty chroot" {
	cg_new chroot
	mkdir "$T/work/root"
	cp "$BATS_FILE_TMPDIR/count" "$T/work/root"
	start_in "$CG" "$(command -v chroot || echo /usr/sbin/chroot)" "$T/work/root" /count
	goes_on 5
	there_and_back
	goes_on
}

@test "flock(1) holds its lock" {
	cg_new flock
	start_in "$CG" flock lock "$BATS_FILE_TMPDIR/count"
	goes_on 5
	there_and_back
	goes_on
	! flock -n "$T/work/lock" true
}

@test "a 32-bit program is refused by name, and goes on" {
	if ! zgrep -qx CONFIG_IA32_EMULATION=y /proc/config.gz 2> /dev/null && [ ! -e /proc/sys/abi/vsyscall32 ]; then
		skip "no CONFIG_IA32_EMULATION"
	fi
	as --32 -o "$T/p.o" - <<-'END'
		.globl _start
		_start:	mov $162, %eax	# nanosleep, and then write
			mov $time, %ebx
			xor %ecx, %ecx
			int $0x80
			mov $4, %eax
			mov $1, %ebx
			mov $time + 8, %ecx
			mov $2, %edx
			int $0x80
			jmp _start
		.data
		time:	.long 0, 50000000
			.ascii "x\n"
	END
	ld -m elf_i386 -o "$T/p" "$T/p.o"
	timeout 0.5 "$T/p" > /dev/null 2>&1 || [ $? = 124 ] || skip "this machine runs no 32-bit programs"
	cg_new narrow
	start_in "$CG" "$T/p"
	wait_for grep -q x "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(timeout 20 cat "$T/mnt/unsupported")" = "EOPNOTSUPP tasks/$PID: a 32-bit task: only 64-bit tasks can be carried" ]
	run timeout 20 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	[ "$status" = 2 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	n=$(wc -l < "$LOG")
	wait_for more_lines_than "$n"
}
more_lines_than() { [ "$(wc -l < "$LOG")" -gt "$(($1 + 3))" ]; }

@test "a program that is being traced is refused by name, and goes on" {
	need strace
	cg_new traced
	start_in "$CG" strace -o /dev/null "$BATS_FILE_TMPDIR/count"
	goes_on 5
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE '^EPERM tasks/[0-9]+: traced by process [0-9]+: detach the tracer$' "$T/mnt/unsupported"
	run tar cf "$T/ckpt.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	thaw "$CG"
	goes_on
}
