#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar exec-image: a program that is a checkpoint; its standard files, its signals, its end.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# A program that was warmed up: it reads lines, answers, and ends with what it is told.
PROGRAM='import sys, signal, os
table = {i: i * i for i in range(100000)}
signal.signal(signal.SIGUSR1, lambda *a: print("usr1", flush=True))
open("ready", "w").write(str(os.getpid()))
for line in iter(sys.stdin.readline, ""):
    w = line.split()
    if w[0] == "sq": print(table[int(w[1])], flush=True)
    elif w[0] == "err": print("oops", file=sys.stderr, flush=True)
    elif w[0] == "die": os.kill(os.getpid(), int(w[1]))
    elif w[0] == "exit": sys.exit(int(w[1]))
print("end", flush=True)'

# image [STARTER]: $T/image of that program, warmed up; the program itself is gone
image() {
	cg_new image
	mkfifo "$T/in" "$T/out" "$T/err"
	exec {in}<> "$T/in" {out}<> "$T/out" {err}<> "$T/err"
	# shellcheck disable=SC2016
	"${1:-start_in}" "$CG" bash -c 'exec "$@" < '"$T/in > $T/out 2> $T/err" _ python3 -c "$PROGRAM"
	WAIT=20 wait_for test -s "$T/work/ready"
	crtar create --cgroup "$CG" --freeze --then kill -f "$T/warm.tar" \
		-o "external=stdin=$T/in,external=stdout=$T/out,external=stderr=$T/err"
	exec {in}>&- {out}>&- {err}>&-
	rm "$T/in" "$T/out" "$T/err"
	crtar exec-image -o "$T/image" --zstd=1 "$T/warm.tar"
	rm "$T/warm.tar"
}

@test "what were files when it was taken are pipes when it runs" {
	cg_new image
	echo warm > "$T/in"
	# shellcheck disable=SC2016
	start_in "$CG" bash -c 'exec < '"$T/in > $T/out"'; read -r l; echo "$l"; while ! read -r l; do sleep 0.05; done; echo "$l $((6 * 7))"'
	wait_for grep -qx warm "$T/out"
	crtar create --cgroup "$CG" --freeze --then kill -f "$T/warm.tar" \
		-o "external=stdin=$T/in,external=stdout=$T/out"
	crtar show "$T/warm.tar" files/1 | grep -qx 'pos 5'
	crtar exec-image -o "$T/image" "$T/warm.tar"
	[ "$(echo answer | timeout 30 "$T/image" 3>&- 4>&- | cat)" = "answer 42" ]
	[ "$(cat "$T/out")" = warm ]
}

# no cgroup of an image is left
nothing_left() {
	[ -z "$(find "$(cg_root)" -type d -name "$1.[0-9]*")" ]
}

@test "pipes, files, an end, an exit status, a signal, stderr; again and again" {
	image
	[ "$(stat -c %a "$T/image")" = 700 ]
	[ "$(echo sq 12 | timeout 30 "$T/image" 3>&- 4>&-)" = "$(printf '144\nend')" ]
	echo sq 99999 > "$T/file"
	{ echo first; timeout 30 "$T/image" < "$T/file" 3>&- 4>&-; echo last; } > "$T/result"
	[ "$(cat "$T/result")" = "$(printf 'first\n9999800001\nend\nlast')" ]
	rc=0; echo exit 7 | timeout 30 "$T/image" 3>&- 4>&- || rc=$?
	[ "$rc" = 7 ]
	rc=0; printf 'err\ndie 15\n' | bash -c 'timeout 30 "$1" 2> "$2" 3>&- 4>&-' _ "$T/image" "$T/errors" || rc=$?
	[ "$rc" = 143 ]
	[ "$(cat "$T/errors")" = oops ]
	[ "$(timeout 30 "$T/image" < /dev/null 3>&- 4>&-)" = end ]
	nothing_left image
}

@test "signals are passed on" {
	image
	mkfifo "$T/talk"
	exec {talk}<> "$T/talk"
	( close_fds; exec "$T/image" < "$T/talk" > "$T/said" 2>&1 ) & I=$!
	echo "$I" >> "$T/pids"
	echo sq 3 >&$talk
	wait_for grep -qx 9 "$T/said"
	kill -USR1 "$I"
	wait_for grep -qx usr1 "$T/said"
	kill -TERM "$I"
	rc=0; wait "$I" || rc=$?
	[ "$rc" = 143 ]
	exec {talk}>&-
	nothing_left image
}

@test "a container with pids of its own: several at a time" {
	image start_ns_in
	for i in 1 2 3; do
		mkfifo "$T/to$i"
		( close_fds; exec "$T/image" < "$T/to$i" > "$T/from$i" 2>&1 ) &
		pids[i]=$!
		echo $! >> "$T/pids"
	done
	exec {a}> "$T/to1" {b}> "$T/to2" {c}> "$T/to3"
	echo sq 1 >&$a; echo sq 2 >&$b; echo sq 3 >&$c
	for i in 1 2 3; do
		wait_for grep -qx $((i * i)) "$T/from$i"
	done
	echo exit 1 >&$a; echo exit 2 >&$b; echo exit 3 >&$c
	for i in 1 2 3; do
		rc=0; wait "${pids[i]}" || rc=$?
		[ "$rc" = "$i" ]
	done
	exec {a}>&- {b}>&- {c}>&-
	nothing_left image
}

@test "a terminal: whoever runs it has it, and its ^C" {
	pty_lock
	cg_new tty
	python3 - "$CG" "$T" "$BIN/crtar" <<-'EOP'
	import os, pty, select, signal, subprocess, sys, time
	cg, t, crtar = sys.argv[1:]
	def talk(fd, want, say=None):
	    if say: os.write(fd, say)
	    got, end = b"", time.time() + 30
	    while want not in got and time.time() < end:
	        if select.select([fd], [], [], 1)[0]:
	            try: got += os.read(fd, 4096)
	            except OSError: break
	    assert want in got, (want, got)
	    return got
	m, s = pty.openpty()
	name = os.ttyname(s)
	prog = 'import sys, os\nprint("hello", flush=True)\nfor l in sys.stdin: print("<" + l.strip() + ">", os.ttyname(0), os.get_terminal_size().columns, flush=True)'
	def enter():
	    os.setsid()
	    signal.signal(signal.SIGINT, signal.SIG_DFL)
	    open(cg + "/cgroup.procs", "w").write("0")
	p = subprocess.Popen(["python3", "-c", prog], stdin=s, stdout=s, stderr=s, preexec_fn=enter)
	talk(m, b"hello")
	subprocess.run([crtar, "create", "--cgroup", cg, "--freeze", "--then", "kill", "-f", t + "/tty.tar", "-o", "external=tty=" + name], check=True)
	p.wait()
	subprocess.run([crtar, "exec-image", "-o", t + "/screen", t + "/tty.tar"], check=True)
	r = subprocess.run([t + "/screen"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
	assert r.returncode == 2 and b"ENOTTY tty: " in r.stderr, r
	for key, code in (b"\x04", 0), (b"\x03", -2):
	    pid, m2 = pty.fork()
	    if not pid:
	        subprocess.run(["stty", "cols", "123"])
	        os.execv(t + "/screen", ["screen"])
	    got = talk(m2, b" 123", b"line\n")
	    assert b"<line> /dev/pts/" in got and name.encode() not in got, got
	    os.write(m2, key)
	    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
	EOP
	nothing_left screen
}

@test "--check, --cgroup, a wrong word, and what cannot be made" {
	image
	run "$T/image" --help
	[ "$status" = 0 ]
	[[ $output == "Usage: "*"--cgroup DIR"* ]]
	run "$T/image" nonsense
	[ "$status" = 2 ]
	"$T/image" --check 3>&- 4>&- < /dev/null
	nothing_left image
	mkfifo "$T/talk"
	exec {talk}<> "$T/talk"
	( close_fds; exec "$T/image" --cgroup "$CG" < "$T/talk" > "$T/said" 2>&1 ) & I=$!
	echo "$I" >> "$T/pids"
	echo sq 5 >&$talk
	wait_for grep -qx 25 "$T/said"
	[ "$(wc -l < "$CG/cgroup.procs")" = 1 ]
	# its pid is taken: the second one says so
	run "$T/image" 3>&- 4>&- < /dev/null
	[ "$status" = 1 ]
	[[ $output == *"EEXIST tasks/"* ]]
	nothing_left image
	echo exit 0 >&$talk
	wait "$I"
	exec {talk}>&-
	[ -d "$CG" ]
	run crtar exec-image -o "$T/other" "$CG"
	[ "$status" = 1 ]
	run crtar exec-image -o "$T/other" /etc/passwd
	[ "$status" = 1 ]
	run crtar exec-image -o /dev/full/x "$REPO/tests/golden/v1/base"
	[ "$status" = 1 ]
	[ -z "$(find "$T" -name 'other*')" ]
}
