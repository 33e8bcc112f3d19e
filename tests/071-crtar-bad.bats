#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is no checkpoint, or no longer whole: crtar says what and where, and makes nothing.
load helpers
load crtar

# One checkpoint serves all tests of this file; its container is gone.
setup_file() {
	T=$BATS_FILE_TMPDIR
	export WHOLE=$T/whole.tar TREE=$T/tree
	mkdir -p "$T/work" "$TREE"
	: > "$T/cgroups"; : > "$T/mounts"; : > "$T/pids"
	chmod a+x "$BATS_RUN_TMPDIR" "$T"
	work_start mm/pages
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$WHOLE"
	kill_all "$CG"
	cg_del "$CG"
	export BAD_PID=$PID
	tar xf "$WHOLE" -C "$TREE"
	chmod -R u+w "$TREE"
}

# refused FILE REGEX: by verify and by restore, with a sentence, status 1 and nothing made
refused() {
	local cg
	run crtar verify "$1"
	echo "verify: $output"
	[ "$status" = 1 ]
	[[ $output =~ $2 ]]
	[ "$(grep -vcE '^crtar: E[A-Z0-9]+ [^:]+: [^ ].*' <<< "$output")" = 0 ]
	cg=$(cg_root)/crfs-test-$CRFS_TEST_ID-bad-$BATS_TEST_NUMBER
	echo "$cg" >> "$T/cgroups"
	run crtar restore -f "$1" --cgroup "$cg"
	echo "restore: $output"
	[ "$status" = 1 ]
	[[ $output =~ $2 ]]
	[ ! -e "$cg" ]
	[ ! -e "/proc/$BAD_PID" ] || ! grep -qsz "^CRFS_TEST_ID=$CRFS_TEST_ID\$" "/proc/$BAD_PID/environ"
}

# edited: a copy of the tree in $T/e, to be changed; archived: as $T/e.tar
edited() {
	cp -a "$TREE" "$T/e"
}
archived() {
	tar cf "$T/e.tar" -C "$T/e" "$@" .
}

@test "whole: nothing to say against it, also after each filter" {
	crtar verify "$WHOLE"
	crtar verify -q "$TREE"
	for z in zstd lz4 gzip; do
		$z -c "$WHOLE" > "$T/z"
		crtar verify "$T/z"
		crtar verify - < "$T/z"
	done
}

@test "truncated anywhere" {
	local size n
	size=$(stat -c %s "$WHOLE")
	for n in 0 1 511 512 1000 10240 $((size / 3)) $((size / 2)) $((size - 40000)); do
		head -c "$n" "$WHOLE" > "$T/cut.tar"
		refused "$T/cut.tar" 'crtar: E'
	done
	zstd -qc "$WHOLE" > "$T/z"
	head -c $(($(stat -c %s "$T/z") / 2)) "$T/z" > "$T/cut"
	refused "$T/cut" 'crtar: E'
}

@test "bits flipped: in a text, in memory, in a header, in the manifest" {
	local off name
	for name in tasks/$BAD_PID/regs "$(cd "$TREE" && find mms/1/pages -size +4k | head -n 1)" manifest; do
		off=$(python3 -c 'import sys, tarfile
print(next(m.offset_data for m in tarfile.open(sys.argv[1]) if m.name.endswith(sys.argv[2])) + 40)' "$WHOLE" "$name")
		for at in "$off" $((off - 40 - 512 + 2)); do
			cp "$WHOLE" "$T/flip.tar"
			python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); b = f.read(1)[0]; f.seek(-1, 1); f.write(bytes([b ^ 1]))' "$T/flip.tar" "$at"
			refused "$T/flip.tar" 'crtar: E'
		done
	done
}

@test "a flipped bit is found where it is" {
	edited
	sed -i 's/^rip 0x7/rip 0x5/; s/^rip 0x4/rip 0x5/' "$T/e/tasks/$BAD_PID/regs"
	refused "$T/e" "EBADMSG tasks/$BAD_PID/regs: it is not what the manifest says"
	archived
	refused "$T/e.tar" "EBADMSG tasks/$BAD_PID/regs: it is not what the manifest says"
	# and for programs
	cg_new json
	for c in "verify --json" "restore --check --json --cgroup $CG -f"; do
		crtar $c "$T/e.tar" > "$T/json" 2> "$T/err" || [ $? = 1 ]
		python3 - "$T/json" "tasks/$BAD_PID/regs" "$T/err" <<-'EOF'
		import json, sys
		x = json.load(open(sys.argv[1]))
		assert x.get("intact", x.get("restores")) is False
		assert {"errno": "EBADMSG", "object": sys.argv[2]}.items() <= x["reasons"][0].items()
		said = ["crtar: %s %s%s" % (r["errno"], r["object"] + ": " if "object" in r else "", r["text"]) for r in x["reasons"]]
		assert said == open(sys.argv[3]).read().splitlines(), said
		EOF
	done
	crtar verify --json "$WHOLE" | python3 -c 'import json, sys; x = json.load(sys.stdin); assert x["intact"] is True and not x["reasons"] and x["files"] > 20'
	crtar verify --json "$T/e.tar/not-there" 2> /dev/null | python3 -c 'import json, sys; x = json.load(sys.stdin); assert x["intact"] is False'
}

@test "one behind the other, twice, and two of them side by side" {
	cat "$WHOLE" "$WHOLE" > "$T/two.tar"
	refused "$T/two.tar" 'EEXIST .*: there is such a member already'
	mkdir "$T/both"
	cp -a "$TREE" "$T/both/a"; cp -a "$TREE" "$T/both/b"
	tar cf "$T/both.tar" -C "$T/both" .
	refused "$T/both.tar" 'EEXIST .*: another checkpoint begins here'
	refused "$T/both" 'EEXIST .*: another checkpoint begins here'
	cat "$WHOLE" <(head -c 3000 /dev/zero | tr '\0' x) > "$T/more.tar"
	refused "$T/more.tar" 'crtar: E'
}

@test "foreign: a tar of /etc, a zip, a text, nothing" {
	tar cf "$T/etc.tar" -C / etc/passwd etc/group etc/hosts
	refused "$T/etc.tar" 'EINVAL etc/passwd: no checkpoint has such a file'
	refused /etc/init.d 'EINVAL .*: '
	refused /etc/passwd 'crtar: E'
	: > "$T/empty"
	refused "$T/empty" 'crtar: E'
	tar cf "$T/none.tar" --files-from /dev/null
	refused "$T/none.tar" 'ENOENT .*there is no checkpoint in it'
	run crtar verify "$T/not-there"
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOENT $T/not-there: "* ]]
}

@test "hostile names and kinds never reach the file system" {
	cd "$T"
	python3 - "$WHOLE" "$T" <<-'EOF'
	import io, sys, tarfile
	whole, t = sys.argv[1:]
	def add(name, member, **kw):
	    src = tarfile.open(whole)
	    out = tarfile.open(f"{t}/{name}.tar", "w", format=tarfile.GNU_FORMAT)
	    for m in src:
	        out.addfile(m, src.extractfile(m) if m.isreg() else None)
	        if m.name.endswith("unsupported"):
	            x = tarfile.TarInfo(member)
	            for k, v in kw.items():
	                setattr(x, k, v)
	            x.size = 4 if x.isreg() else 0
	            out.addfile(x, io.BytesIO(b"evil") if x.isreg() else None)
	    out.close()
	add("dots", "./../../evil/header")
	add("mid", "tasks/../header")
	add("abs", "/tmp/evil/header")
	add("sym", "./tasks/evil", type=tarfile.SYMTYPE, linkname="/etc/passwd")
	add("hard", "./tasks/evil", type=tarfile.LNKTYPE, linkname="/etc/passwd")
	add("dev", "./tasks/evil", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
	add("fifo", "./tasks/evil", type=tarfile.FIFOTYPE)
	add("dup", "./header")
	add("ctl", "./tasks/a\033[31mb/regs")
	add("long", "./tasks/" + "a" * 300 + "/regs")
	add("deep", "./tasks/" + "a/" * 200 + "regs")
	add("file", "./header/x/regs")
	add("more", "./tasks/1/evil")
	add("dir", "./tasks/x/header")
	EOF
	refused dots.tar 'EINVAL \./\.\./\.\./evil/header: '
	refused mid.tar 'EINVAL .*: a name with dots'
	refused abs.tar 'EINVAL /tmp/evil/header: an absolute path'
	refused sym.tar 'EINVAL \./tasks/evil: a symbolic link'
	refused hard.tar 'EINVAL \./tasks/evil: a hard link'
	refused dev.tar 'EINVAL \./tasks/evil: a device'
	refused fifo.tar 'EINVAL \./tasks/evil: a FIFO'
	refused dup.tar 'EEXIST \./header: there is such a member already'
	refused ctl.tar 'EINVAL \./tasks/a\?\[31mb/regs: '
	refused long.tar 'ENAMETOOLONG '
	refused deep.tar 'EINVAL .*deeper than'
	refused file.tar 'EINVAL .*: no checkpoint has such a file'
	refused more.tar 'EEXIST tasks/1/evil: not named in the manifest'
	refused dir.tar 'E'
	[ ! -e "$T/../evil" ]
	[ ! -e /tmp/evil ]
}

@test "links in a directory, and a file missing, or one too many" {
	edited
	mv "$T/e/header" "$T/header"
	ln -s ../header "$T/e/header"
	refused "$T/e" 'EINVAL header: neither file nor directory'
	rm "$T/e/header"
	refused "$T/e" 'ENOENT header: named in the manifest and not there'
	cp "$T/header" "$T/e/header"
	echo x > "$T/e/tasks/$BAD_PID/more"
	refused "$T/e" "EEXIST tasks/$BAD_PID/more: not named in the manifest"
}

@test "no manifest" {
	edited
	rm "$T/e/manifest"
	archived
	refused "$T/e.tar" 'ENOENT manifest: there is none'
}

@test "out of order, the manifest first, and it restores all the same" {
	edited
	(cd "$T/e" && find . -type f | sort -r) | tar cf "$T/rev.tar" -C "$T/e" -T -
	crtar verify "$T/rev.tar"
	cg_new order
	echo 1 > "$CG/cgroup.freeze"
	crtar restore -f "$T/rev.tar" --cgroup "$CG"
	grep -qx "$BAD_PID" "$CG/cgroup.procs"
}

@test "a bomb is refused before it is held" {
	edited
	python3 - "$T/bomb.tar" <<-'EOF'
	import sys, tarfile, io
	out = tarfile.open(sys.argv[1], "w")
	x = tarfile.TarInfo("mms/1/pages/1000")
	x.size = 1 << 46
	out.fileobj.write(x.tobuf())
	out.fileobj.close()
	EOF
	refused "$T/bomb.tar" 'crtar: E'
	python3 - <<-'EOF' | zstd -q1 > "$T/bomb.zst"
	import sys, tarfile
	x = tarfile.TarInfo("header")
	x.size = 1 << 45
	sys.stdout.buffer.write(x.tobuf())
	for i in range(1 << 10):
	    sys.stdout.buffer.write(bytes(1 << 20))
	EOF
	run bash -c "ulimit -v 800000; '$BIN/crtar' verify '$T/bomb.zst'"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == "crtar: EFBIG header: "* ]]
}

@test "more members than any checkpoint has" {
	python3 - <<-'EOF' | zstd -q1 > "$T/many.zst"
	import sys, tarfile
	def header(name):
	    x = tarfile.TarInfo(name)
	    x.type = tarfile.DIRTYPE
	    return x.tobuf()
	b = bytearray(header("tasks/0000000"))
	base = sum(b[:512]) - sum(b[148:156]) + 8 * 32 - sum(b[6:13])
	for i in range(1100000):
	    b[6:13] = b"%07d" % i
	    b[148:156] = b"%06o\0 " % (base + sum(b[6:13]))
	    sys.stdout.buffer.write(b)
	EOF
	refused "$T/many.zst" 'EFBIG tasks/10[0-9]*/*: more than 1048576 files and directories: .*CRTAR_MEMBERS'
	run env CRTAR_MEMBERS=150000 "$BIN/crtar" verify "$T/many.zst"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"more than 150000 files and directories: "* ]]
	run env CRTAR_MEMBERS=1k "$BIN/crtar" verify "$T/many.zst"
	[ "$status" = 1 ]
	[[ $output == "crtar: EINVAL CRTAR_MEMBERS: "* ]]
	CRTAR_MEMBERS=131072 small verify "$T/many.zst"
}

@test "references and ranges: a tree that was sealed by hand and does not agree with itself" {
	edited
	sed -i '2s/^\([0-9]*\) [0-9]* /\1 77 /' "$T/e/tasks/$BAD_PID/fds"
	remanifest "$T/e"
	run crtar verify "$T/e"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"ENOENT tasks/$BAD_PID: fds: file 77: there is no files/77"* ]]
	rm -r "$T/e"
	edited
	x=$(find "$T/e/mms/1/pages" -type f | head -n 1)
	mv "$x" "$T/e/mms/1/pages/1000"
	sed -i "s|${x#"$T/e/"}|mms/1/pages/1000|" "$T/e/manifest"
	run crtar verify "$T/e"
	[ "$status" = 1 ]
	[[ $output == *"EINVAL mms/1: pages/1000: "* ]]
}

@test "seal: after an edit any tool restores it; what cannot be read is not sealed" {
	edited
	sed -i 's/^nice 0/nice 5/' "$T/e/tasks/$BAD_PID/sched"
	crtar seal "$T/e"
	crtar verify "$T/e"
	(cd "$T/e" && xxhsum -q -c manifest)
	[ "$(wc -l < "$T/e/manifest")" = "$(wc -l < "$TREE/manifest")" ]
	diff <(sed 's/ = .*//' "$TREE/manifest") <(sed 's/ = .*//' "$T/e/manifest")
	crtar seal -o digest=sha256 "$T/e"
	(cd "$T/e" && sha256sum --quiet -c manifest)
	crtar verify "$T/e"
	archived
	crtar verify "$T/e.tar"
	crtar verify - < "$T/e.tar"
	cp "$T/e/manifest" "$T/before"
	echo nonsense >> "$T/e/tasks/$BAD_PID/sched"
	run crtar seal "$T/e"
	[ "$status" = 1 ]
	[[ $output == "crtar: EINVAL tasks/$BAD_PID/sched: line "* ]]
	cmp "$T/before" "$T/e/manifest"
	sed -i '/^nonsense/d' "$T/e/tasks/$BAD_PID/sched"
	cg_new sealed
	cr_mount "$CG" "$T/mnt"
	archived
	tar xf "$T/e.tar" -C "$T/mnt"
	[ "$(ps -o ni= -p "$BAD_PID" | tr -d ' ')" = 5 ]
}
