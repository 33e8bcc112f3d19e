#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is declared to stay outside (-o external=...): pipe, terminal, unix sockets, file, directory, bind mount.
load ../../helpers

outside_start() {
	pty_lock
	cg_new external
	export CRFS_GO=$T/go
	LOG=$T/work.log
	( close_fds; exec python3 "$REPO/tests/apps/outside.py" "$CG" "$T/work" "$LOG" "$WORK/fd/external" \
		< /dev/null > "$T/outside.log" 2>&1 ) &
	echo $! >> "$T/pids"
	wait_for test -e "$T/work/things"
	wait_for grep -qxE 'ready|(fail|skip):.*' "$LOG"
	grep -qx ready "$LOG"
	cat "$T/work/things"
}

# declared FILE: the option for what it lists
declared() {
	sed 's/^\([a-z]*\) /external=\1=/' "$1" | paste -sd,
}
replaced() {
	cr_mount "$CG" "$T/mnt" "$(declared "$T/work/replaced")${1:-}"
}
frozen() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" "${1:-$(declared "$T/work/things")}"
}
archive() {
	frozen
	no_unsupported "$T/mnt"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
}

@test "fd/external comes back, with others in its place" {
	outside_start
	archive
	kinds=$(tar xOf "$T/ckpt.tar" --wildcards './files/*' | sed -n '/^name /{n;s/^kind //p}' | LC_ALL=C sort | xargs)
	echo "kinds: $kinds"
	[ "$kinds" = "dir file pipe terminal unix_dgram unix_stream" ]
	replaced
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
	for what in pipe terminal stream dgram; do
		wait_for grep -q "^$what before" "$T/work/heard"
		wait_for grep -q "^$what after" "$T/work/heard"
	done
}

@test "a FIFO and a device take the place of a pipe and a terminal" {
	outside_start
	archive
	mkfifo "$T/work/fifo"
	sed -i "s|^pipe .*|pipe $T/work/fifo|; s|^terminal .*|terminal /dev/zero|" "$T/work/replaced"
	replaced
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	[ "$(readlink "/proc/$(cg_pids "$CG")/fd/3")" = "$T/work/fifo" ]
	[ "$(readlink "/proc/$(cg_pids "$CG")/fd/4")" = /dev/zero ]
	[ "$(readlink "/proc/$(cg_pids "$CG")/fd/8")" = "$T/work/file2" ]
}

@test "not declared, they are obstacles" {
	outside_start
	frozen "external=none=/dev/zero"
	grep -q '^EXDEV files/[0-9]*: pipe:\[[0-9]*\] is also open outside' "$T/mnt/unsupported"
	grep -q '^EXDEV .*terminal' "$T/mnt/unsupported"
	[ "$(grep -c '^EXDEV files/[0-9]*: socket:.*its peer.*is outside' "$T/mnt/unsupported")" = 2 ]
}

# refused OPTIONS REGEX: the restore, with that line
refused() {
	cr_mount "$CG" "$T/mnt" "$1"
	run timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -qE "$2" "$T/mnt/.crfs/error"
	cg_empty "$CG"
	cr_umount "$T/mnt"
}

@test "what takes their place must be said, and be of the kind" {
	outside_start
	archive
	all=$(declared "$T/work/replaced")
	refused "$(sed 's/external=pipe=[^,]*,//' <<< "$all")" \
		'^ENOENT files/[0-9]*: external pipe, a pipe: say what takes its place: mount with -o external=pipe=PATH$'
	refused "$all,external=typo=/dev/null" \
		'^EINVAL external typo: nothing in the checkpoint is called so: mount without it$'
	refused "$(sed 's|external=pipe=[^,]*|external=pipe=pipe:[1]|' <<< "$all")" \
		'^EINVAL files/[0-9]*: external pipe: pipe:\[1\] cannot be opened by that: name it as /proc/<pid>/fd/<n>$'
	refused "$(sed 's|external=stream=[^,]*|external=stream=/dev/null|' <<< "$all")" \
		'^EINVAL files/[0-9]*: external stream: /dev/null cannot take the place of a unix_stream: name another$'
	refused "$(sed "s|external=stream=[^,]*|external=stream=$T/work/dgram|" <<< "$all")" \
		'^EPROTOTYPE files/[0-9]*: external stream: '
	refused "$(sed 's|external=dir=[^,]*|external=dir=/dev/null|' <<< "$all")" \
		'^EINVAL files/[0-9]*: external dir: /dev/null cannot take the place of a dir: name another$'
	refused "$(sed 's|external=file=[^,]*|external=file=/no/such|' <<< "$all")" \
		'^ENOENT files/[0-9]*: external file: /no/such cannot be looked at: name what is there$'
}

@test "what waits to be read, a listener and a name are refused" {
	cg_new waits
	start_in "$CG" python3 -uc '
import os, socket, sys
a, b = os.pipe()
os.write(b, b"hello")
l = socket.socket(socket.AF_UNIX); l.bind("listens"); l.listen()
n = socket.socket(socket.AF_UNIX); n.bind("named")
t = socket.socket()
print(os.fstat(a).st_ino, *(s.fileno() for s in (l, n, t)))
print("|".join(os.readlink("/proc/self/fd/%d" % f) for f in (a, l.fileno(), n.fileno(), t.fileno())))
import time; time.sleep(1000)'
	wait_for grep -q 'socket:' "$LOG"
	IFS='|' read -r pipe listens named tcp < <(tail -n 1 "$LOG")
	frozen "external=a=$pipe,external=b=$listens,external=c=$named,external=d=$tcp"
	cat "$T/mnt/unsupported"
	grep -q '^EAGAIN files/[0-9]*: pipe:.*, declared external: 5 bytes wait in it: let the program read them$' "$T/mnt/unsupported"
	grep -q '^EOPNOTSUPP files/[0-9]*: socket:.*, declared external, listens, ' "$T/mnt/unsupported"
	grep -q '^EOPNOTSUPP files/[0-9]*: socket:.*, declared external, has a name of its own' "$T/mnt/unsupported"
	grep -q '^EOPNOTSUPP files/[0-9]*: socket:.*, declared external, is not connected' "$T/mnt/unsupported"
}

@test "a wrong option is refused with a sentence" {
	cg_new wrong
	mkdir -p "$T/mnt"
	wrong() {
		run timeout 10 "$BIN/crfs" -o "cgroup=$CG,$1" "$T/mnt"
		[ "$status" = 1 ]
		[ "$output" = "crfs: EINVAL $2" ]
	}
	wrong external=log "external=log: not of the form NAME=THING"
	wrong external==/x "external==/x: not of the form NAME=THING"
	wrong external=a/b=/x "external=a/b=/x: the name has other characters than letters, digits, '.', '_' and '-'"
	wrong external=a=x "external=a=x: the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME"
	wrong external=a=link: "external=a=link:: the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME"
	wrong external=a=link:much-too-long-a-name "external=a=link:much-too-long-a-name: the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME"
	wrong external=a=link:eth0@ "external=a=link:eth0@: the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME"
	wrong external=a=pipe: "external=a=pipe:: the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME"
	wrong external=a=/x,external=a=/y "external=a=/y: the name has another thing already"
}

@test "a directory that is bound into the container, and another in its place" {
	mkdir "$T/data" "$T/other"
	echo one > "$T/data/file"
	echo two > "$T/other/file"
	cg_new bind
	start_ns_in "$CG" bash -c 'mkdir data; mount --bind "$1" data; exec sh -c "while :; do cat data/file; sleep 0.05; done"' _ "$T/data"
	wait_for grep -qx one "$LOG"
	frozen "external=data=$T/data"
	no_unsupported "$T/mnt"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	tar xOf "$T/ckpt.tar" --wildcards './ns/mnt-*' | grep -q ' external .* @data '
	refused "files=same" '^ENOENT ns/mnt-[0-9]*: mount .*/data: external @data, a directory: say what takes its place'
	cr_mount "$CG" "$T/mnt" "external=data=$T/other"
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	fixed_point "$T/ckpt.tar"
	: > "$LOG"
	thaw "$CG"
	wait_for grep -qx two "$LOG"
	! grep -qx one "$LOG"
}

# two_ends: a program in the container with a connection (3) and a block device (4), to one outside that serves connections,
# and answers what it is told with the number of the connection; each has a line in $T/ends: mine theirs
two_ends() {
	cat > "$T/ends.py" <<-'END'
		import os, select, signal, socket, sys
		where, cgroup, log, block = sys.argv[1:5]
		l = socket.create_server(("127.0.0.1", 0))
		mine, ours = [], []
		for i in range(2):
		    c = socket.create_connection(l.getsockname())
		    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		    ours.append(c)
		    mine.append(l.accept()[0])
		if os.fork() == 0:
		    os.dup2(ours[0].fileno(), 203); os.dup2(os.open(block, os.O_RDWR), 204)
		    os.dup2(203, 3); os.dup2(204, 4)
		    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
		    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
		    os.dup2(out, 1); os.dup2(out, 2)
		    os.closerange(5, 300)
		    open(cgroup + "/cgroup.procs", "w").write(str(os.getpid()))
		    os.setsid()
		    os.execvp(sys.argv[5], sys.argv[5:])
		signal.signal(signal.SIGCHLD, signal.SIG_IGN)
		with open(where + ".new", "w") as f:
		    f.write("socket:[%d] /proc/%d/fd/%d\n" % (os.fstat(ours[0].fileno()).st_ino, os.getpid(), ours[1].fileno()))
		ours[0].close()
		os.rename(where + ".new", where)
		while True:
		    for s in select.select(mine, [], [])[0]:
		        data = s.recv(100)
		        if not data:
		            mine.remove(s)
		        elif s in mine:
		            s.sendall(b"%d%s" % (mine.index(s) if len(mine) > 1 else 1, data))
	END
	cg_new ends
	LOG=$T/work.log
	: > "$LOG"
	( close_fds; exec python3 "$T/ends.py" "$T/ends" "$CG" "$LOG" "$1" "${@:2}" < /dev/null > "$T/ends.log" 2>&1 ) &
	echo $! >> "$T/pids"
	wait_for test -e "$T/ends"
	wait_for grep -qx ready "$LOG"
	read -r was is < "$T/ends"
}

clean_up() {
	[ ! -e "$T/loops" ] || while read -r x; do losetup -d "$x"; done < "$T/loops"
}

# loop FILE: a block device of its bytes, in $DEV
loop() {
	DEV=$(losetup -f --show "$1") || skip "no loop devices here"
	echo "$DEV" >> "$T/loops"
}

@test "a TCP connection and a block device, and others in their place" {
	truncate -s 1M "$T/disk1" "$T/disk2"
	loop "$T/disk1"
	one=$DEV
	loop "$T/disk2"
	export CRFS_GO=$T/go
	two_ends "$one" python3 -c '
import os, socket, time
s = socket.socket(fileno=3)
def ask(n):
    s.sendall(b"x")
    return s.recv(10) == b"%dx" % n
assert ask(0)
os.lseek(4, 4096, 0)
assert os.write(4, b"before") == 6
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
assert ask(1)
assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
assert os.lseek(4, 0, 1) == 4102
assert os.write(4, b"after") == 5
os.fsync(4)
print("pass", flush=True)'
	frozen "external=vol=$one"
	grep -q '^EXDEV files/[0-9]*: socket:.*' "$T/mnt/unsupported" || grep -q 'outside' "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	frozen "external=db=$was"
	grep -qE "^EOPNOTSUPP files/[0-9]*: $one, block device [0-9:]*, has state that cannot be carried" "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	frozen "external=db=$was,external=vol=$one"
	no_unsupported "$T/mnt"
	timeout 60 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	refused "external=db=$T/work,external=vol=$DEV" '^EINVAL files/[0-9]*: external db: .* cannot be opened by that: name it as /proc'
	refused "external=db=$is,external=vol=/dev/null" '^EINVAL files/[0-9]*: external vol: /dev/null cannot take the place of a block'
	refused "external=db=/proc/$$/fd/0,external=vol=$DEV" '^E[A-Z]* files/[0-9]*: external db: '
	cr_mount "$CG" "$T/mnt" "external=db=$is,external=vol=$DEV"
	timeout 60 tar xf "$T/ckpt.tar" -C "$T/mnt"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
	dd if="$T/disk2" bs=1 skip=4102 count=5 status=none | grep -qx after
	dd if="$T/disk1" bs=1 skip=4096 count=6 status=none | grep -qx before
}
