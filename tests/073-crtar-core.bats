#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar core: gdb opens it, and sees what it would see of the process itself.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# in_core CORE COMMAND...: what gdb says to these commands
in_core() {
	local core=$1 args=() x
	shift
	for x in "$@"; do args+=(-ex "$x"); done
	timeout -k 5 50 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-load safe-path /' \
		"${args[@]}" "$(readlink "/proc/$PID/exe")" "$core" 2>&1
}

# same_memory CORE PID: every byte that can be read of the process reads the same in the core
same_memory() {
	local cmds=() i=0 line from to perms name
	mkdir -p "$T/mem"
	while read -r line; do
		read -r from perms _ _ _ name <<< "$line"
		to=${from#*-}; from=${from%-*}
		case "$perms $name" in -*|*'[vvar'*|*'[vsyscall'*) continue ;; esac
		echo "0x$from 0x$to $name" >> "$T/mem/list"
		cmds+=("dump binary memory $T/mem/$from 0x$from 0x$to")
	done < "/proc/$2/maps"
	in_core "$1" "${cmds[@]}" > "$T/mem/gdb"
	not grep -i 'cannot access' "$T/mem/gdb"
	python3 - "$2" "$T/mem" <<-'EOF'
	import sys
	pid, d = sys.argv[1:]
	mem = open(f"/proc/{pid}/mem", "rb", 0)
	n = 0
	for l in open(d + "/list"):
	    start, end = (int(x, 16) for x in l.split()[:2])
	    mem.seek(start)
	    here = b""
	    while len(here) < end - start:
	        here += mem.read(end - start - len(here))
	    there = open(d + "/" + l.split()[0][2:], "rb").read()
	    bad = [i for i in range(0, len(here), 4096) if here[i:i+4096] != there[i:i+4096]]
	    n += len(here)
	    if bad:
	        # struct rseq: which processor it is on is no state
	        diff = sum(a != b for i in bad for a, b in zip(here[i:i+4096], there[i:i+4096]))
	        assert len(bad) == 1 and diff <= 16, (l, [hex(start + i) for i in bad], diff)
	assert n > 100000
	EOF
}

@test "memory, registers and backtrace are those of the process, from an archive, a directory, a mount, a cgroup" {
	local s
	work_start base
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	mkdir "$T/copy"
	tar xf "$T/ckpt.tar" -C "$T/copy"
	crtar core -p "$PID" -o "$T/core" "$T/ckpt.tar"
	for s in "$T/copy" "$T/mnt" "$CG"; do
		crtar core -p "$PID" -o "$T/core2" "$s"
		cmp "$T/core" "$T/core2"
		crtar core -p "$PID" -o - "$s" | cmp "$T/core" -
	done
	same_memory "$T/core" "$PID"
	in_core "$T/core" 'info threads' bt 'info registers rip rsp' 'info auxv' 'info proc mappings' \
		'info sharedlibrary' 'p pid' 'up' 'frame function main' 'p pid' > "$T/gdb"
	cat "$T/gdb"
	grep -q 'LWP '"$PID" "$T/gdb"
	grep -q ' main () at tests/work/base.c' "$T/gdb"
	grep -q "^rip  *$(awk '$1 == "rip" { print $2 }' "$T/copy/tasks/$PID/regs") " "$T/gdb"
	grep -q "AT_ENTRY .*0x" "$T/gdb"
	grep -q "libc.so.6" "$T/gdb"
	grep -q " = $PID\$" "$T/gdb"
	readelf -n "$T/core" | grep -q NT_X86_XSTATE
	readelf -n "$T/core" | grep -q NT_FILE
}

@test "all threads" {
	work_start task/threads
	freeze "$CG"
	crtar core -p "$PID" -o "$T/core" "$CG"
	in_core "$T/core" 'info threads' 'thread apply all bt' > "$T/gdb"
	[ "$(grep -c '(LWP [0-9]*))\? ' <(grep '^[ *] [0-9]' "$T/gdb"))" = "$(ls "/proc/$PID/task" | wc -l)" ]
	for t in $(ls "/proc/$PID/task"); do
		grep -q "LWP $t" "$T/gdb"
	done
	not grep -q 'corrupt' "$T/gdb"
	# the thread that was named is the one that comes first
	t=$(ls "/proc/$PID/task" | tail -n 1)
	crtar core -p "$t" -o "$T/core" "$CG"
	in_core "$T/core" 'info threads' | grep '^\* ' | grep -q "LWP $t"
}

@test "pages that are the parent's, shared memory and mappings of every kind" {
	work_start task/tree
	freeze "$CG"
	child=$(awk '$1 == "tid" { t = $2 } $1 == "state" && $2 == "alive" { print t }' \
		<(for t in $(cg_pids "$CG"); do crtar show "$CG" "tasks/$t/status"; done) | grep -vx "$PID" | head -n 1)
	crtar core -p "$child" -o "$T/core" "$CG"
	same_memory "$T/core" "$child"
	cg_kill=$CG
	kill_all "$cg_kill"
	rm -rf "$T/mem" "$CRFS_GO"
	work_start mm/maps
	freeze "$CG"
	crtar core -p "$PID" -o "$T/core" "$CG"
	same_memory "$T/core" "$PID"
}

@test "what has no core says why, and leaves no file" {
	work_start task/tree
	run crtar core -p "$PID" -o "$T/core" "$CG"
	[ "$status" = 1 ]
	[[ $output == *"EBUSY tasks/$PID: the container runs"* ]]
	freeze "$CG"
	run crtar core -p 1 -o "$T/core" "$CG"
	[ "$status" = 1 ]
	[[ $output == *"ESRCH tasks/1: there is no such task"* ]]
	run crtar core -p "$PID" -o /dev/full/core "$CG"
	[ "$status" = 1 ]
	[ -z "$(find "$T" -name 'core*')" ]
}

@test "a page that was written in a private mapping of what has no name" {
	cg_new private
	start_in "$CG" python3 -c 'import ctypes, mmap, os, time
fd = os.memfd_create("x")
os.write(fd, b"A" * 4096 * 8)
m = mmap.mmap(fd, 4096 * 8, flags=mmap.MAP_PRIVATE)
m[4096 * 3] = ord("B")
open("out", "w").write(hex(ctypes.addressof(ctypes.c_char.from_buffer(m))))
time.sleep(1000)'
	wait_for test -s "$T/work/out"
	freeze "$CG"
	crtar core -p "$PID" -o "$T/core" "$CG"
	in_core "$T/core" "x/1c $(cat "$T/work/out") + 4096 * 3" | grep -q "66 'B'"
	in_core "$T/core" "x/1c $(cat "$T/work/out") + 4096 * 3 + 1" | grep -q "65 'A'"
	in_core "$T/core" "x/1c $(cat "$T/work/out")" | grep -q "65 'A'"
}

@test "signals that wait for a thread and for the process, what came with them, and what is blocked" {
	local t
	cg_new waiting
	start_in "$CG" python3 -c 'import ctypes, os, signal, threading, time
libc = ctypes.CDLL(None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 3, signal.SIGHUP])
def run():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
    open("thread", "w").write(str(threading.get_native_id()))
    time.sleep(1000)
threading.Thread(target=run).start()
libc.sigqueue(os.getpid(), int(signal.SIGRTMIN) + 3, ctypes.c_void_p(7777))
libc.sigqueue(os.getpid(), int(signal.SIGUSR1), ctypes.c_void_p(4242))
while not os.path.exists("thread") or not open("thread").read():
    time.sleep(0.01)
open("out", "w").write("ready")
time.sleep(1000)'
	wait_for test -s "$T/work/out"
	t=$(cat "$T/work/thread")
	freeze "$CG"
	crtar core -p "$PID" -o "$T/core" "$CG"
	# the sets of each thread are those that the kernel shows
	python3 - "$T/core" "$PID" <<-'EOP'
	import os, struct, sys
	core, pid = open(sys.argv[1], "rb").read(), sys.argv[2]
	phoff, = struct.unpack_from("<Q", core, 32)
	num, = struct.unpack_from("<H", core, 56)
	sets, infos = {}, []
	for i in range(num):
	    kind, _, off, _, _, size = struct.unpack_from("<IIQQQQ", core, phoff + i * 56)[:6]
	    if kind != 4:
	        continue
	    at = off
	    while at < off + size:
	        namesz, descsz, what = struct.unpack_from("<III", core, at)
	        d = at + 12 + (namesz + 3 & ~3)
	        if what == 1:
	            pending, blocked = struct.unpack_from("<QQ", core, d + 16)
	            sets[struct.unpack_from("<I", core, d + 32)[0]] = (pending, blocked)
	        if what == 0x53494749:
	            infos.append(struct.unpack_from("<i", core, d)[0])
	        at = d + (descsz + 3 & ~3)
	tids = {int(x) for x in os.listdir(f"/proc/{pid}/task")}
	assert set(sets) == tids and len(tids) == 2, (sets, tids)
	for t in tids:
	    s = dict(l.rstrip("\n").split(":\t", 1) for l in open(f"/proc/{pid}/task/{t}/status") if ":\t" in l)
	    want = (int(s["SigPnd"], 16) | int(s["ShdPnd"], 16), int(s["SigBlk"], 16))
	    assert sets[t] == want and want[0], (t, sets[t], want)
	assert infos == [10], infos
	EOP
	in_core "$T/core" 'p $_siginfo.si_signo' 'p $_siginfo.si_code' \
		'p $_siginfo._sifields._rt.si_sigval.sival_int' 'p $_siginfo._sifields._rt.si_pid' > "$T/gdb"
	# of the process that which would be taken first
	[ "$(sed -n 's/^\$[0-9]* = //p' "$T/gdb" | tr '\n' ' ')" = "10 -1 4242 $PID " ]
	# and of the thread its own
	crtar core -p "$t" -o "$T/core" "$CG"
	in_core "$T/core" 'p $_siginfo.si_signo' 'p $_siginfo.si_code' 'p $_siginfo._sifields._kill.si_pid' > "$T/gdb"
	[ "$(sed -n 's/^\$[0-9]* = //p' "$T/gdb" | tr '\n' ' ')" = "12 -6 $PID " ]
}

@test "the signal that has stopped it, which its parent has not been told yet" {
	local child
	cg_new stopped
	start_in "$CG" python3 -c 'import os, time
child = os.fork()
if child:
    open("out", "w").write(str(child))
time.sleep(1000)'
	wait_for test -s "$T/work/out"
	child=$(cat "$T/work/out")
	kill -STOP "$child"
	wait_for grep -q '^State:.*T (stopped)' "/proc/$child/status"
	freeze "$CG"
	crtar core -p "$child" -o "$T/core" "$CG"
	in_core "$T/core" 'p $_siginfo.si_signo' > "$T/gdb"
	cat "$T/gdb"
	grep -qx '\$1 = 19' "$T/gdb"
	grep -q 'terminated with signal SIGSTOP' "$T/gdb"
}
