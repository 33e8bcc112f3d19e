#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar convert: the same tree in every form, and back; crtar merge: a chain as one, in any order.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# same A B: directories alike in bytes, names, modes and times
same() {
	diff -r "$1" "$2"
	diff <(cd "$1" && find . -mindepth 1 -printf '%P %m %s %Ts\n' | sort) \
		<(cd "$2" && find . -mindepth 1 -printf '%P %m %s %Ts\n' | sort)
}

@test "from an archive through every form and back into a directory; then it runs" {
	work_start mm/pages
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	kill_all "$CG"
	mkdir "$T/0"
	tar xpf "$T/0.tar" -C "$T/0"
	crtar convert "$T/0.tar" "$T/dir/"
	same "$T/0" "$T/dir"
	crtar convert "$T/dir" "$T/1.cpio"
	[ "$(cpio -it --quiet < "$T/1.cpio" | wc -l)" = "$(find "$T/0" | wc -l)" ]
	crtar convert --zstd=3 --threads 2 "$T/1.cpio" "$T/2.zip"
	zstd -dc "$T/2.zip" | crtar convert --to mtree - "$T/3.list"
	crtar convert --contents "$T/dir" "$T/3.list" "$T/4.tar"
	crtar convert --to dir --contents "$T/dir" "$T/3.list" "$T/5"
	same "$T/0" "$T/5"
	crtar convert "$T/4.tar" - | tar xpf - -C "$(mkdir "$T/6" && echo "$T/6")"
	same "$T/0" "$T/6"
	crtar restore -f "$T/5" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "what is damaged, is there already or has no room: a sentence, and nothing is left" {
	local d=$T/small
	work_start base
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	crtar convert "$T/0.tar" "$T/dir/"
	run crtar convert "$T/0.tar" "$T/dir/"
	[ "$status" = 1 ]
	[[ $output == *"EEXIST $T/dir: it exists"* ]]
	run crtar convert "$CG" "$T/x/"
	[ "$status" = 1 ]
	[[ $output == *"EINVAL $CG: a container is no copy yet"* ]]
	cp -a "$T/dir" "$T/bad"
	chmod u+w "$T/bad/header"
	sed -i 's/^format 1/format 1 /' "$T/bad/header"
	run crtar convert "$T/bad" "$T/x/"
	[ "$status" = 1 ]
	[[ $output == *"EBADMSG header: it is not what the manifest says"* ]]
	mkdir "$d"
	mount -t tmpfs -o size=64k none "$d"
	echo "$d" >> "$T/mounts"
	run crtar convert "$T/0.tar" "$d/x/"
	[ "$status" = 1 ]
	[[ $output == *"ENOSPC "*": make room for it"* ]]
	[ -z "$(ls -A "$d")" ]
	[ -z "$(find "$T" -maxdepth 1 -name 'x*')" ]
	run crtar convert --to nonsense "$T/0.tar" "$T/x"
	[ "$status" = 2 ]
}

@test "an mtree leads nowhere but below its directory" {
	work_start base
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/0.tar"
	crtar convert "$T/0.tar" "$T/dir/"
	crtar convert "$T/0.tar" "$T/list.mtree"
	sed 's|^\./header .*|./header type=file size=5 contents=/etc/hostname|' "$T/list.mtree" > "$T/1.mtree"
	run crtar convert --contents "$T/dir" "$T/1.mtree" "$T/x.tar"
	[ "$status" = 1 ]
	[[ $output == *"EBADMSG ./header: "*"the list says 5"* ]]
	sed 's|^\./header |./../header |' "$T/list.mtree" > "$T/2.mtree"
	run crtar convert --contents "$T/dir" "$T/2.mtree" "$T/x.tar"
	[ "$status" = 1 ]
	[[ $output == *"leads elsewhere"* ]]
	chmod -R u+w "$T/dir"
	cp "$T/dir/header" "$T/header"
	ln -sf "$T/header" "$T/dir/header"
	run crtar convert --contents "$T/dir" "$T/list.mtree" "$T/x.tar"
	[ "$status" = 1 ]
	[[ $output == *"ELOOP ./header: "* ]]
	rm "$T/dir/header"
	tr f F < "$T/header" > "$T/dir/header"
	run crtar convert --contents "$T/dir" "$T/list.mtree" "$T/x.tar"
	[ "$status" = 1 ]
	[[ $output == *"EBADMSG ./header: it is not what the list says"* ]]
	[ ! -e "$T/x.tar" ]
}

@test "merge: in whatever order the chain is named; a link that lacks is said" {
	cg_new merge
	start_in "$CG" python3 -c 'import os, signal
big = [bytearray(os.urandom(1 << 20)) for i in range(8)]
n = 0
def more(*a):
    global n
    n += 1
    big[n][:5] = b"hello"
    open("out", "w").write("%d" % n)
signal.signal(signal.SIGUSR1, more)
open("out", "w").write("0")
while True:
    signal.pause()'
	wait_for test -s "$T/work/out"
	crtar create --cgroup "$CG" --freeze -f "$T/0.tar"
	for i in 1 2; do
		kill -USR1 "$PID"
		wait_for grep -qx $i "$T/work/out"
		crtar create --cgroup "$CG" --freeze --since "$T/$((i - 1)).tar" -f "$T/$i.tar"
	done
	kill_all "$CG"
	crtar convert --base "$T/1.tar" --base "$T/0.tar" "$T/2.tar" "$T/whole/"
	crtar merge -f "$T/a.tar" "$T/0.tar" "$T/1.tar" "$T/2.tar"
	crtar merge --zstd "$T/1.tar" "$T/2.tar" "$T/0.tar" > "$T/b.tar"
	for i in a b; do
		crtar verify "$T/$i.tar"
		crtar convert "$T/$i.tar" "$T/$i/"
		diff -r "$T/whole" "$T/$i"
	done
	run crtar merge -f "$T/c.tar" "$T/2.tar" "$T/0.tar"
	[ "$status" = 1 ]
	[[ $output == *"manifest"* ]]
	run crtar merge -f "$T/c.tar" "$T/2.tar" -
	[ "$status" = 1 ]
	[[ $output == *"EINVAL -: it is read more than once"* ]]
	[ ! -e "$T/c.tar" ]
	crtar restore -f "$T/b.tar" --cgroup "$CG"
	thaw "$CG"
	kill -USR1 "$PID"
	wait_for grep -qx 3 "$T/work/out"
	kill_all "$CG"
}
