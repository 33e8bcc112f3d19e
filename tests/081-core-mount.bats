#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# .crfs/core/<tid>: the bytes that crtar core writes, computed where they are read, and no part of a copy.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

daemon_of() {
	pgrep -f "^$BIN/crfs -o cgroup=$CG" | head -n 1
}

@test "every task's, byte by byte, also in pieces and backwards; gdb opens it; a copy is what it was" {
	work_start task/threads
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	tar cf "$T/before.tar" -C "$T/mnt" .
	[ "$(ls "$T/mnt/.crfs/core" | sort -n | tr '\n' ' ')" = "$(ls "/proc/$PID/task" | sort -n | tr '\n' ' ')" ]
	for t in $(ls "$T/mnt/.crfs/core"); do
		[ "$(stat -c %s "$T/mnt/.crfs/core/$t")" = "$(stat -c %s "$T/mnt/.crfs/core/$PID")" ]
	done
	for t in "$PID" $(ls "$T/mnt/.crfs/core" | sort -n | tail -n 1); do
		crtar core -p "$t" -o "$T/core.$t" "$CG"
		[ "$(stat -c %s "$T/mnt/.crfs/core/$t")" = "$(stat -c %s "$T/core.$t")" ]
		cmp "$T/mnt/.crfs/core/$t" "$T/core.$t"
	done
	python3 - "$T/mnt/.crfs/core/$PID" "$T/core.$PID" <<-'EOP'
	import os, random, sys
	a, b = (os.open(p, os.O_RDONLY) for p in sys.argv[1:])
	size = os.fstat(a).st_size
	assert size == os.fstat(b).st_size
	for i in list(range(size - 1, 0, -max(size // 50, 1))) + [random.randrange(size) for _ in range(200)]:
	    n = random.choice((1, 100, 4096, 70000))
	    assert os.pread(a, n, i) == os.pread(b, n, i), i
	assert os.pread(a, 10, size) == b""
	hole = os.lseek(a, 0, os.SEEK_HOLE)
	assert 0 < hole <= size
	if hole < size:
	    assert not os.pread(a, 4096, hole).strip(b"\0")
	EOP
	timeout 50 gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-load safe-path /' \
		-ex 'info threads' -ex 'thread apply all bt' "$WORK/task/threads" "$T/mnt/.crfs/core/$PID" > "$T/gdb" 2>&1
	for t in $(ls "/proc/$PID/task"); do
		grep -q "LWP $t" "$T/gdb"
	done
	grep -q 'main () at tests/work/task/threads.c' "$T/gdb"
	# nothing that copies or looks sees it
	[ -z "$(find "$T/mnt" -path '*core*')" ]
	tar cf "$T/after.tar" -C "$T/mnt" .
	cmp "$T/before.tar" "$T/after.tar"
	rsync -a "$T/mnt/" "$T/copy/"
	[ ! -e "$T/copy/.crfs" ]
}

@test "of a GiB nothing is held, and reading its end costs nothing" {
	cg_new large
	start_in "$CG" python3 -c 'import mmap, time
m = mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for i in range(0, 1 << 30, 4096):
    m[i] = 7
open("out", "w").write("ready")
time.sleep(1000)'
	WAIT=30 wait_for test -s "$T/work/out"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	f=$T/mnt/.crfs/core/$PID
	[ "$(stat -c %s "$f")" -gt 1073741824 ]
	[ "$(head -c 4 "$f" | tail -c 3)" = ELF ]
	tail -c 4096 "$f" | wc -c | grep -qx 4096
	D=$(daemon_of)
	[ "$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$D/status")" -lt 100000 ]
	kill_all "$CG"
}

@test "another generation has other cores; of what runs, or is not there, there is none" {
	cg_new gens
	start_in "$CG" python3 -c 'import signal
m = []
signal.signal(signal.SIGUSR1, lambda *a: (m.append(bytearray(b"x" * 5000000)), open("out", "a").write("more\n")))
open("out", "w").write("ready\n")
while True:
    signal.pause()'
	wait_for test -s "$T/work/out"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	f=$T/mnt/.crfs/core/$PID
	one=$(stat -c %s "$f")
	exec {fd}< "$f"
	[ "$(head -c 4 <&$fd | tail -c 3)" = ELF ]
	[ ! -e "$T/mnt/.crfs/core/1" ]
	[ ! -e "$T/mnt/.crfs/core/0$PID" ]
	not bash -c ': > "$1"' _ "$f" 2> "$T/err"
	thaw "$CG"
	kill -USR1 "$PID"
	wait_for grep -qx more "$T/work/out"
	run cat "$f"
	[ "$status" = 1 ]
	[[ $output == *"busy"* ]]
	[ -z "$(ls "$T/mnt/.crfs/core")" ]
	freeze "$CG"
	[ "$(stat -c %s "$f")" -ge $((one + 5000000)) ]
	run cat <&$fd
	[ "$status" = 1 ]
	[[ $output == *"tale file handle"* ]]
	exec {fd}<&-
	crtar core -p "$PID" -o "$T/core" "$CG"
	cmp "$f" "$T/core"
	kill_all "$CG"
	wait_for grep -qx staging "$T/mnt/.crfs/state"
	[ ! -e "$f" ]
	[ -z "$(ls "$T/mnt/.crfs/core")" ]
}
