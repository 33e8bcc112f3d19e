#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar create --since: what changed, and no more; it comes back with its bases, and with no others.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# three: 0.tar, whole, 1.tar since that one, 2.tar since 1.tar, whole.tar what 2.tar says; $CG is killed
three() {
	cg_new since
	start_in "$CG" python3 -c 'import os, signal
big = [bytearray(os.urandom(1 << 20)) for i in range(16)]
n = 0
def more(*a):
    global n
    n += 1
    big[n][:5] = b"hello"
    open("out", "w").write("%d %s" % (n, sum(map(sum, big))))
signal.signal(signal.SIGUSR1, more)
open("out", "w").write("0 -")
while True:
    signal.pause()'
	wait_for test -s "$T/work/out"
	crtar create --cgroup "$CG" --freeze -f "$T/0.tar"
	kill -USR1 "$PID"
	wait_for grep -q '^1 ' "$T/work/out"
	crtar create --cgroup "$CG" --freeze --since "$T/0.tar" -f "$T/1.tar"
	kill -USR1 "$PID"
	wait_for grep -q '^2 ' "$T/work/out"
	freeze "$CG"
	crtar create --cgroup "$CG" --since "$T/1.tar" -f "$T/2.tar"
	crtar create --cgroup "$CG" -f "$T/whole.tar"
	cp "$T/work/out" "$T/out"
	kill_all "$CG"
}

size() { stat -c %s "$1"; }

@test "small, restored with the chain, merged into one, and refused without a link of it" {
	three
	[ "$(size "$T/0.tar")" -gt 16000000 ]
	[ "$(size "$T/1.tar")" -lt $(($(size "$T/0.tar") / 2)) ]
	[ "$(size "$T/2.tar")" -lt $(($(size "$T/0.tar") / 2)) ]
	crtar verify --base "$T/1.tar" --base "$T/0.tar" "$T/2.tar"
	run crtar verify "$T/2.tar"
	[ "$status" = 1 ]
	[ ${#lines[@]} = 1 ]
	[[ $output == "crtar: ENOENT $T/2.tar: "*" files that its manifest names are not there; "*" with --base, or copy it again" ]]
	for bases in "--base $T/1.tar" "--base $T/0.tar" ""; do
		run crtar restore -f "$T/2.tar" $bases --cgroup "$CG"
		[ "$status" = 1 ]
		[ ${#lines[@]} = 1 ]
		[[ $output == "crtar: ENOENT $T/2.tar: "*" files that its manifest names are not there"*" with --base, "* ]]
		cg_empty "$CG"
	done
	# one of all is what a whole one would have been, but for the clocks
	crtar create --from "$T/2.tar" --base "$T/1.tar" --base "$T/0.tar" --zstd -f "$T/merged"
	crtar verify "$T/merged"
	run crtar diff "$T/merged" "$T/whole.tar"
	[ -z "$(grep -vE '^~ header (realtime|monotonic|boottime)_ns: ' <<< "$output")" ]
	crtar restore -f "$T/2.tar" --base "$T/1.tar" --base "$T/0.tar" --cgroup "$CG"
	thaw "$CG"
	before=$(cut -d ' ' -f 2 "$T/out")
	kill -USR1 "$PID"
	wait_for grep -q '^3 ' "$T/work/out"
	kill_all "$CG"
	crtar restore -f "$T/merged" --cgroup "$CG"
	kill_all "$CG"
}

@test "a base that was changed, and one of another container" {
	three
	mkdir "$T/base"
	tar xf "$T/0.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	for x in "$T"/base/mms/1/pages/*; do printf x | dd of="$x" bs=1 seek=2000 conv=notrunc status=none; done
	run crtar restore -f "$T/2.tar" --base "$T/1.tar" --base "$T/base" --cgroup "$CG"
	[ "$status" = 1 ]
	[[ $output == *"EBADMSG mms/1/pages/"*": it is not what the manifest says"* ]]
	run crtar restore -f "$T/2.tar" --base "$REPO/tests/golden/v1/base" --cgroup "$CG"
	[ "$status" = 1 ]
	run crtar restore -f "$T/2.tar" --base "$T/not-there" --cgroup "$CG"
	[ "$status" = 1 ]
	[[ $output == *"ENOENT $T/not-there: "* ]]
	cg_empty "$CG"
}
