#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar looks into an archive, a directory, a mount and a cgroup alike.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# everywhere WORKLOAD: the same container as $T/ckpt.tar, $T/ckpt.zst, $T/copy, $T/mnt and $CG
everywhere() {
	work_start "$@"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	mkdir "$T/copy"
	tar xf "$T/ckpt.tar" -C "$T/copy"
	zstd -q "$T/ckpt.tar" -o "$T/ckpt.zst"
}

# alike COMMAND [ARGS]: says the same of each, which is left in $T/out
alike() {
	local s c=$1
	shift
	crtar "$c" "$T/ckpt.tar" "$@" > "$T/out"
	[ -s "$T/out" ]
	for s in "$T/ckpt.zst" "$T/copy" "$T/mnt" "$CG"; do
		crtar "$c" "$s" "$@" | diff "$T/out" -
		crtar "$c" "$s" "$@" --json > "$T/json"
		python3 -c 'import json, sys; json.load(sys.stdin)' < "$T/json"
	done
	crtar "$c" - "$@" < "$T/ckpt.tar" | diff "$T/out" -
}

# py EXPRESSION: of the JSON answer, as x
py() {
	python3 -c "import json, sys; x = json.load(sys.stdin); print($1)"
}

@test "ps: the tree of processes, with their arguments" {
	everywhere task/tree
	alike ps
	[ "$(awk 'NR > 1 { print $1 }' "$T/out" | sort)" = "$(for t in "$T"/copy/tasks/*; do
		awk '$1 == "tid" { t = $2 } $1 == "tgid" && $2 == t { print t }' "$t/status"; done | sort)" ]
	grep -q "^ *$PID .* $WORK/task/tree\$" "$T/out"
	grep -q '   \[tree\]$' "$T/out"
	[ "$(crtar ps --json "$T/ckpt.tar" | py '[p["ppid"] for p in x if p["pid"] == '"$PID"'][0]')" = 0 ]
}

@test "fds, sockets and show" {
	everywhere fd/unix
	alike fds
	grep -qE "^ *$PID +0 +1 chardev +r +0 /dev/null\$" "$T/out"
	crtar sockets "$T/ckpt.tar" | grep -qE '^ *3 unix +peer +files/4 '"$PID:3"
	crtar sockets --json "$T/mnt" | py 'x[0]["peer"]' | grep -qx files/4
	crtar sockets --json "$T/ckpt.tar" | py 'x[0]["users"][0]' | grep -qE "^$PID:[0-9]+$"
	crtar mem --json "$T/ckpt.tar" | py "$PID in x[0][\"pids\"], x[-1][\"object\"]" | grep -qx 'True total'
	run crtar show --json "$T/ckpt.tar" "tasks/$PID/xstate"
	[ "$status" = 1 ]
	[ "$output" = "crtar: EINVAL tasks/$PID/xstate: bytes, and not text: show it without --json" ]
	alike show files/3
	cmp "$T/out" "$T/copy/files/3"
	[ "$(crtar show --json "$T/ckpt.tar" files/3 | py 'x["unix"]["connected"], x["file"]["type"]')" = "peer unix" ]
	crtar show "$T/ckpt.zst" "tasks/$PID/xstate" | cmp - "$T/copy/tasks/$PID/xstate"
	run crtar show "$T/ckpt.tar" no/such
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOENT no/such: "* ]]
}

@test "whatever looks says the same of an archive, a directory, a mount and a cgroup" {
	everywhere fd/unix
	for c in ls ps fds maps mem sockets; do
		echo "$c"
		alike $c
	done
	for c in graph map report; do
		crtar $c "$T/ckpt.tar" > "$T/out"
		for s in "$T/ckpt.zst" "$T/copy" "$T/mnt" "$CG"; do
			crtar $c "$s" > "$T/other"
			diff <(sed "/_ns<\/dt>/d; s|$T/ckpt.tar|HERE|g" "$T/out") <(sed "/_ns<\/dt>/d; s|$s|HERE|g" "$T/other")
		done
	done
}

@test "files of which many stand in one" {
	everywhere fd/groups
	alike fds
	awk 'NR > 1 && $3 >= 1024 { n++ } END { exit n < 200 }' "$T/out"
	group=$(ls "$T/copy/files" | sort -n | tail -n 1)
	alike show "files/$group"
	[ "$(crtar show --json "$T/ckpt.tar" "files/$group" | py 'x[0]["id"], len(x)')" = \
		"$group $(grep -c '^file ' "$T/copy/files/$group")" ]
	crtar verify -q "$T/ckpt.zst"
	kill_all "$CG"
	cr_umount "$T/mnt"
	crtar restore -f "$T/ckpt.zst" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "graph: every object is in it, once, and no edge leads nowhere" {
	everywhere fd/unix
	crtar graph "$T/ckpt.tar" > "$T/dot"
	crtar graph "$CG" | cmp - "$T/dot"
	sed -n 's/^\t"\([^"]*\)" \[.*/\1/p' "$T/dot" | sort > "$T/nodes"
	(cd "$T/copy" && ls -d mms/* files/* inodes/*; echo "tasks/$PID") | sort | diff "$T/nodes" -
	sed -n 's/^\t"\([^"]*\)" -> "\([^"]*\)" .*/\1\n\2/p' "$T/dot" | sort -u | comm -23 - "$T/nodes" > "$T/nowhere"
	[ ! -s "$T/nowhere" ]
	grep -q '"files/3" -> "files/4" \[label="peer"' "$T/dot"
	command -v dot > /dev/null || skip "no dot here"
	timeout 60 dot -Tplain "$T/dot" > "$T/plain" 2> "$T/said" 3>&- 4>&-
	[ ! -s "$T/said" ]
	[ "$(grep -c '^node ' "$T/plain")" = "$(wc -l < "$T/nodes")" ]
	[ "$(grep -c '^edge ' "$T/plain")" = "$(grep -c -- ' -> ' "$T/dot")" ]
	timeout 60 dot -Tsvg "$T/dot" 3>&- 4>&- | python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)'
}

@test "ls, maps, mem: the sizes are those of the files" {
	everywhere mm/pages
	crtar ls --json "$T/ckpt.tar" | py '"\n".join("%d %s" % (f["size"], f["path"]) for f in x if f["kind"] != "dir")' |
		sort | diff - <(cd "$T/copy" && find . -type f -printf '%s %P\n' | sort)
	alike mem
	[ "$(crtar mem --json "$T/ckpt.tar" | py 'x[0]["bytes"]')" = \
		"$(find "$T/copy/mms/1/pages" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')" ]
	alike maps
	[ "$(wc -l < "$T/out")" = "$(awk '/^$/ { exit } { n++ } END { print n }' "$T/copy/mms/1/maps")" ]
	[ "$(crtar maps --json "$T/ckpt.tar" | py 'sum(v["bytes"] for v in x if v["kind"] != "inode" and v["kind"] != "vdso")')" = \
		"$(crtar mem --json "$T/ckpt.tar" | py 'x[0]["bytes"]')" ]
	crtar show "$T/ckpt.tar" "mms/1/pages/$(ls "$T/copy/mms/1/pages" | head -n 1)" |
		cmp - "$T/copy/mms/1/pages/$(ls "$T/copy/mms/1/pages" | head -n 1)"
}

@test "a container that runs, and a copy of a live view" {
	work_start base
	crtar ps "$CG" | grep -q "^ *$PID "
	crtar fds "$CG" | grep -q base.txt
	cr_mount "$CG" "$T/mnt"
	crtar ps "$T/mnt" | grep -q "^ *$PID "
	run crtar create --from "$T/mnt" -f "$T/live.tar"
	[ "$status" = 1 ]
	[ ! -e "$T/live.tar" ]
	work_verify
}

@test "a container of many tasks that runs: what it does not tell is no fault of it" {
	cg_new many
	mkfifo "$T/work/fifo"
	start_in "$CG" bash -c 'for i in {1..260}; do read < fifo & done; wait'
	many() { [ "$(cg_pids "$CG" | wc -l)" = 261 ]; }
	WAIT=30 wait_for many
	run crtar ps "$CG"
	tail -n 3 <<< "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 262 ]
	cr_mount "$CG" "$T/mnt"
	run crtar fds "$T/mnt"
	[ "$status" = 0 ]
	not grep crtar: <<< "$output"
}

@test "a checkpoint of another machine, and one that is damaged, are shown as far as they go" {
	everywhere base
	crtar ps "$REPO/tests/golden/v1/task-tree" | grep -q '^ *[0-9]'
	chmod u+w "$T/copy/tasks/$PID" "$T/copy/tasks/$PID/sched"
	echo nonsense >> "$T/copy/tasks/$PID/sched"
	run crtar ps "$T/copy"
	[ "$status" = 1 ]
	[[ $output == *"$WORK/base"* ]]
	[[ $output == *"crtar: EINVAL tasks/$PID/sched: line "* ]]
}
