#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar convert to and from CRIU's images: there and back the same, decoded by CRIU's own tool, and, where
# criu works on this kernel, restored by it and taken from what it dumped; else tests/kernel/criu.bats has that.
# CRIU names another criu.
load helpers

CRIU=${CRIU:-criu}

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

needs_criu() {
	command -v "$CRIU" > /dev/null || skip "no criu here"
	"$CRIU" check > "$T/criu.log" 2>&1 ||
		skip "criu does not work on this kernel (tests/kernel/criu.bats: in a guest): $(tail -n 1 "$T/criu.log")"
}

# same_cores A B: checkpoints whose processes have the same memory, mappings, threads; registers but for calls
same_cores() {
	local t pids
	pids=$(awk '$1 == "tid" { t = $2 } $1 == "tgid" && $2 == t { print t }' "$1"/tasks/*/status)
	[ -n "$pids" ]
	for t in $pids; do
		crtar core -p "$t" -o "$T/core.a" "$1"
		crtar core -p "$t" -o "$T/core.b" "$2"
		python3 - "$T/core.a" "$T/core.b" <<-'EOP'
		import struct, sys
		def parts(name):
		    d = open(name, "rb").read()
		    off, n = struct.unpack_from("<Q", d, 32)[0], struct.unpack_from("<H", d, 56)[0]
		    loads, threads, note = {}, [], None
		    for i in range(n):
		        kind, flags, at, va, pa, size, mem, al = struct.unpack_from("<IIQQQQQQ", d, off + 56 * i)
		        if kind == 1:
		            loads[va] = (flags, mem, d[at:at + size])
		            continue
		        end = at + size
		        while at < end:
		            n1, n2, what = struct.unpack_from("<III", d, at)
		            at += 12 + (n1 + 3 & ~3)
		            if what == 1:	# NT_PRSTATUS: pid, and the registers but rax, rip and orig_rax
		                r = struct.unpack_from("<27Q", d, at + 112)
		                threads.append((d[at + 32:at + 36], r[:10], r[11:15], r[17:]))
		            elif what == 0x202:
		                threads.append(d[at:at + n2])
		            at += n2 + 3 & ~3
		    return loads, threads
		(la, ta), (lb, tb) = map(parts, sys.argv[1:])
		assert la.keys() == lb.keys()
		for va in la:
		    assert la[va] == lb[va], hex(va)
		assert ta == tb and len(ta) > 1
		EOP
	done
}

# there_and_back WORKLOAD: through images twice, and then it runs
through_images() {
	work_start "$@"
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	crtar convert "$T/0.tar" "$T/0/"
	crtar convert --to criu "$T/0.tar" "$T/img1"
	crtar convert --from criu "$T/img1" "$T/1/"
	crtar convert --to criu "$T/1" "$T/img2"
	crtar convert --from criu --zstd "$T/img2" "$T/2.tar"
	crtar verify "$T/2.tar"
	same_cores "$T/0" "$T/1"
	crtar convert "$T/2.tar" "$T/2/"
	[ -z "$(diff -rq "$T/1" "$T/2" | grep -vE '/(header|manifest) ')" ]
	# what is text is the same but for what images do not have
	for f in $(cd "$T/0" && find tasks files -type f ! -name regs ! -name xstate); do
		diff "$T/0/$f" "$T/1/$f"
	done
	crtar restore -f "$T/2.tar" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "a process" { through_images base; }
@test "threads" { through_images task/threads; }
@test "memory" { through_images mm/pages; }
@test "mappings of all kinds" { through_images mm/maps; }
@test "shared memory" { through_images inode/shm; }
@test "signals" { through_images task/signals; }
@test "credentials" { through_images task/creds; }
@test "files" { through_images fd/regular; }
@test "directories" { through_images fd/dir; }

# family: in $CG, a process and two children with pipes and a file between them, that count
FAMILY='import os, signal, sys, time
r, w = os.pipe()
os.write(w, b"in the pipe")
data = open("data", "w+")
data.write("0123456789")
data.flush()
os.lseek(data.fileno(), 4, os.SEEK_SET)
for i in range(2):
    if not os.fork():
        n = 0
        while True:
            n += 1
            open("new%d" % i, "w").write(str(n))
            os.rename("new%d" % i, "child%d" % i)
            time.sleep(0.05)
while not os.path.exists("go"):
    time.sleep(0.05)
out = "%s %s %d" % (os.read(r, 100).decode(), os.read(data.fileno(), 3).decode(), os.getpid())
open("said", "w").write(out)'

family() {
	cg_new criu
	start_in "$CG" python3 -c "$FAMILY"
	wait_for test -s "$T/work/child0"
	wait_for test -s "$T/work/child1"
}

# goes_on: it lives, its children count, and it says what it had
goes_on() {
	local a b
	a=$(cat "$T/work/child0")
	sleep 0.5
	b=$(cat "$T/work/child0")
	[ "$b" -gt "$a" ]
	: > "$T/work/go"
	wait_for test -s "$T/work/said"
	[ "$(cat "$T/work/said")" = "in the pipe 456 $PID" ]
}

@test "processes, a pipe with something in it, a file in the middle: there, back, and it goes on" {
	family
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	crtar convert --to criu "$T/0.tar" "$T/img"
	crtar convert --from criu "$T/img" "$T/1/"
	crtar convert "$T/0.tar" "$T/0/"
	same_cores "$T/0" "$T/1"
	crtar restore -f "$T/1" --cgroup "$CG"
	thaw "$CG"
	goes_on
	kill_all "$CG"
}

@test "CRIU's own decoder reads every image, and what it reads is what crtar show says" {
	command -v crit > /dev/null || skip "no crit here"
	family
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	crtar convert --to criu "$T/0.tar" "$T/img"
	for f in "$T"/img/*.img; do
		case $f in */pages-*) continue ;; esac
		env -u PYTHONPATH /usr/bin/python3 /usr/bin/crit decode -i "$f" > "$f.json" || { echo "$f"; false; }
	done
	python3 - "$T/img" "$PID" <(crtar show --json "$T/0.tar" "tasks/$PID/regs") \
		<(crtar maps --json "$T/0.tar") <<-'EOP'
	import json, sys
	d, pid = sys.argv[1], int(sys.argv[2])
	load = lambda n: json.load(open("%s/%s.img.json" % (d, n)))["entries"]
	regs = json.load(open(sys.argv[3]))["regs"]
	tree = load("pstree")
	assert [p["ppid"] for p in tree] == [0, pid, pid] and tree[0]["pid"] == pid
	(core,) = load("core-%d" % pid)
	g = core["thread_info"]["gpregs"]
	assert all(g[a] == int(regs[b], 16) for a, b in (("sp", "rsp"), ("fs_base", "fs_base"), ("bx", "rbx"), ("r15", "r15")))
	assert core["tc"]["comm"] == "python3" and core["mtype"] == "X86_64"
	(mm,) = load("mm-%d" % pid)
	maps = [m for m in json.load(open(sys.argv[4])) if m["pid"] == pid]
	assert [(v["start"], v["end"]) for v in mm["vmas"]] == [(int(m["start"], 16), int(m["end"], 16)) for m in maps]
	import base64
	(pipe,) = load("pipes-data")
	assert pipe["bytes"] == 11 and base64.b64decode(pipe["extra"]) == b"in the pipe"
	files = {f["id"]: f for f in load("files")}
	fds = {f["fd"]: files[f["id"]] for f in load("fdinfo-%d" % pid)}
	regular = [f["reg"] for f in fds.values() if f["type"] == "REG" and f["reg"]["name"].endswith("/data")]
	assert regular and regular[0]["pos"] == 4
	assert sum(f["type"] == "PIPE" for f in fds.values()) == 2
	EOP
}

@test "criu restores what crtar took" {
	needs_criu
	family
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	crtar convert --to criu "$T/0.tar" "$T/img"
	timeout 60 "$CRIU" restore -d -D "$T/img" -o restore.log -v4 3>&- 4>&- || { grep Error "$T/img/restore.log"; false; }
	echo "$PID" >> "$T/pids"
	goes_on
	pkill -9 -s "$PID"
}

@test "crtar restores what criu dumped" {
	needs_criu
	family
	mkdir "$T/img"
	timeout 60 "$CRIU" dump -t "$PID" -D "$T/img" -o dump.log -v4 3>&- 4>&- || { grep Error "$T/img/dump.log"; false; }
	crtar convert --from criu "$T/img" "$T/1.tar"
	kill_all "$CG"
	crtar restore -f "$T/1.tar" --cgroup "$CG"
	thaw "$CG"
	goes_on
	kill_all "$CG"
}

@test "what images have no place for is refused by name, all at once, and nothing is left" {
	cg_new refused
	start_in "$CG" python3 -c 'import os, signal, socket, select, time
s = socket.socketpair()
e = select.epoll()
signal.setitimer(signal.ITIMER_REAL, 1000)
if not os.fork(): os._exit(3)
open("out", "w").write("x")
time.sleep(1000)'
	wait_for test -s "$T/work/out"
	sleep 0.2
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	run crtar convert --to criu "$T/0.tar" "$T/img"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"EOPNOTSUPP files/"*": unix: "* ]]
	[[ $output == *": epoll: "* ]]
	[[ $output == *"EOPNOTSUPP tasks/$PID: timers: "* ]]
	[[ $output == *": status: a task that does not run: "* ]]
	[ -z "$(find "$T" -maxdepth 1 -name 'img*')" ]
}

@test "images that are of another kind, damaged, or not there: a sentence, and nothing is left" {
	family
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	crtar convert --to criu "$T/0.tar" "$T/img"
	: > "$T/img/inetsk.img"
	run crtar convert --from criu "$T/img" "$T/x/"
	[ "$status" = 1 ]
	[[ $output == *"EOPNOTSUPP inetsk.img: an image of another kind"* ]]
	rm "$T/img/inetsk.img"
	run crtar convert --from criu "$T/work" "$T/x/"
	[ "$status" = 1 ]
	[[ $output == *"ENOENT inventory.img: "* ]]
	for f in inventory.img pstree.img files.img "mm-$PID.img" "core-$PID.img" "pagemap-$PID.img" "pages-1.img"; do
		cp -r "$T/img" "$T/bad"
		truncate -s $(($(stat -c %s "$T/img/$f") - 1)) "$T/bad/$f"
		run crtar convert --from criu "$T/bad" "$T/x/"
		echo "$output"
		[ "$status" = 1 ]
		rm "$T/bad/$f"
		run crtar convert --from criu "$T/bad" "$T/x/"
		echo "$output"
		[ "$status" = 1 ]
		rm -r "$T/bad"
	done
	# whatever bits are turned, it says so or makes a tree that verifies
	python3 - "$T/img" "$T/flip" "$BIN/crtar" "$PID" <<-'EOP'
	import os, random, shutil, subprocess, sys
	img, flip, crtar, pid = sys.argv[1:]
	random.seed(7)
	names = ["inventory.img", "pstree.img", "files.img", "mm-%s.img" % pid, "core-%s.img" % pid,
	         "pagemap-%s.img" % pid, "fdinfo-%s.img" % pid, "pipes-data.img", "fs-%s.img" % pid, "ids-%s.img" % pid]
	for i in range(150):
	    shutil.copytree(img, flip)
	    name = flip + "/" + random.choice(names)
	    b = bytearray(open(name, "rb").read())
	    for _ in range(random.choice((1, 1, 3))):
	        b[random.randrange(len(b))] ^= 1 << random.randrange(8)
	    open(name, "wb").write(b)
	    r = subprocess.run([crtar, "convert", "--from", "criu", flip, flip + ".tar"], capture_output=True, timeout=60)
	    assert r.returncode in (0, 1), (name, r)
	    assert r.returncode == 0 or r.stderr.startswith(b"crtar: E"), (name, r)
	    assert (r.returncode == 0) == os.path.exists(flip + ".tar"), (name, r)
	    if not r.returncode:
	        subprocess.run([crtar, "verify", "-q", flip + ".tar"], capture_output=True)
	        os.unlink(flip + ".tar")
	    shutil.rmtree(flip)
	EOP
	[ -z "$(find "$T" -maxdepth 1 -name 'x*')" ]
}
