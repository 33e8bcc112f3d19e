#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How far crtar is: on a terminal, where it was asked for, and nowhere else.
load helpers

# slowly FILE: what a pipe gives in a second and a half
slowly() {
	head -c 200000 "$1"
	sleep 1.5
	tail -c +200001 "$1"
}

setup_archive() {
	work_start mm/pages
	freeze "$CG"
	"$BIN/crtar" create --cgroup "$CG" -f "$T/ckpt.tar" 3>&- 4>&-
	kill_all "$CG"
}

@test "lines if asked for, nothing if not, a bar on a terminal that leaves no trace" {
	setup_archive
	slowly "$T/ckpt.tar" | "$BIN/crtar" restore --progress --cgroup "$CG" 2> "$T/err"
	cat "$T/err"
	grep -qE '^crtar: [0-9]+ MiB, [0-9]+ MiB/s$' "$T/err"
	kill_all "$CG"
	slowly "$T/ckpt.tar" | "$BIN/crtar" restore --cgroup "$CG" > "$T/out" 2> "$T/err"
	[ ! -s "$T/err" ]
	[ ! -s "$T/out" ]
	kill_all "$CG"
	script -qfec "bash -c 'head -c 200000 $T/ckpt.tar; sleep 1.5; tail -c +200001 $T/ckpt.tar' | $BIN/crtar verify -" \
		"$T/screen" > /dev/null < /dev/null
	grep -q 'MiB/s' "$T/screen"
	grep -aq $'\r\e\[K'"-: .* files, all as the manifest says" "$T/screen"
}

@test "colours on a terminal, and nowhere else" {
	cp -a "$REPO/tests/golden/v1/base" "$T/new"
	chmod -R u+w "$T/new"
	sed -i 's/^nice 0/nice 5/' "$T"/new/tasks/*/sched
	rm -r "$T"/new/mms/*/pages/*
	pair="$REPO/tests/golden/v1/base $T/new"
	script -qec "$BIN/crtar diff $pair" /dev/null < /dev/null > "$T/screen" || [ $? = 1 ]
	grep -qE $'nice: \e\[31m0\e\[m -> \e\[32m5\e\[m' "$T/screen"
	script -qec "NO_COLOR=1 $BIN/crtar diff $pair" /dev/null < /dev/null | tr -d '\r' > "$T/plain"
	"$BIN/crtar" diff $pair > "$T/out" || [ $? = 1 ]
	diff "$T/out" "$T/plain"
	for c in restore verify ls ps fds maps mem sockets show graph map report; do
		args=$REPO/tests/golden/v1/base
		case $c in
		restore) args="--check --cgroup $(cg_root)/crfs-test-$CRFS_TEST_ID-none -f $args" ;;
		show) args="$args header" ;;
		esac
		"$BIN/crtar" $c $args 2>&1 | not grep -q $'\e'
	done
}

# told LOG: of each time that it was told: done, all, MiB/s, seconds left; they agree with each other
told() {
	python3 - "$1" <<-'EOP'
	import re, sys
	text = open(sys.argv[1], errors="replace").read()
	seen = [list(map(int, m)) for m in re.findall(r"(\d+) of (\d+) MiB, (\d+) MiB/s, (\d+):(\d\d) left", text)]
	assert len(seen) >= 3, (len(seen), text)
	last = -1
	for done, all, rate, minutes, seconds in seen:
	    left = minutes * 60 + seconds
	    assert last <= done <= all and seconds < 60, seen
	    last = done
	    # all of them are rounded down
	    lo, hi = max(all - done - 1, 0) / (rate + 1) - 1, (all + 1 - done) / max(rate, 0.5) + 1
	    assert lo <= left <= hi, (done, all, rate, left, lo, hi)
	assert seen[0][3] * 60 + seen[0][4] > seen[-1][3] * 60 + seen[-1][4] >= 0, seen
	for n, of in re.findall(r"\[(#*\.*)\] +(\d+)%", text):
	    assert len(n) == 24 and abs(n.count("#") - int(of) * 24 // 100) <= 1, (n, of)
	print(len(seen), seen[0], seen[-1])
	EOP
}

@test "the time that is left: on a terminal and in lines, and it comes true" {
	work_start crtar/lazy 96
	freeze "$CG"
	mkfifo "$T/fifo"
	# somebody who takes 24 MiB a second
	slow='import os, sys, time
f = os.open(sys.argv[1], os.O_RDONLY)
left = 0
while True:
    left += len(got := os.read(f, 1 << 20)) if left < 1 << 20 else 0
    if not got: break
    if left >= 1 << 20:
        left -= 1 << 20
        time.sleep(1 / 24)'
	timeout 50 python3 -c "$slow" "$T/fifo" 3>&- 4>&- &
	script -qfec "$BIN/crtar create --cgroup $CG -f $T/fifo" "$T/screen" > /dev/null < /dev/null 3>&- 4>&-
	told "$T/screen"
	grep -q '\[#*\.*\]' "$T/screen"
	timeout 50 python3 -c "$slow" "$T/fifo" 3>&- 4>&- &
	"$BIN/crtar" create --cgroup "$CG" --progress -f "$T/fifo" 2> "$T/err" 3>&- 4>&-
	told "$T/err"
	[ -z "$(grep -vE '^crtar: [0-9]+ of [0-9]+ MiB, [0-9]+ MiB/s(, [0-9]+:[0-9][0-9] left)?$' "$T/err")" ]
	kill_all "$CG"
}
