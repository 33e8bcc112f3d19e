#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar makes the archives that tar makes of a mount, and restores what either has made.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# started WORKLOAD: in $CG, frozen
started() {
	work_start "$@"
	freeze "$CG"
}

# unpacked ARCHIVE DIR [TOOL...]
unpacked() {
	mkdir -p "$2"
	if [ $# -gt 2 ]; then "${@:3}" -xf "$1" -C "$2"; else tar xf "$1" -C "$2"; fi
}

# restored ARCHIVE: with crtar into $CG, which is frozen; then the fixed point and the workload's own word
restored() {
	crtar restore -f "$1" --cgroup "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	fixed_point "$1"
	thaw "$CG"
	work_verify
	cr_umount "$T/mnt"
}

@test "create from a cgroup: the tree that the mount shows, name by name and byte by byte" {
	started task/tree
	crtar create --cgroup "$CG" -f "$T/own.tar"
	cr_mount "$CG" "$T/mnt"
	tar cf "$T/tar.tar" -C "$T/mnt" .
	diff <(tar tf "$T/own.tar" | grep -v '^./mms/') <(tar tf "$T/tar.tar" | grep -v '^./mms/')
	diff <(tar tf "$T/own.tar" | grep '^./mms/.*/pages/') <(tar tf "$T/tar.tar" | grep '^./mms/.*/pages/')
	diff <(tar tvf "$T/own.tar" | awk '{ print $1, $2, $3, $6 }' | sort) \
		<(tar tvf "$T/tar.tar" | awk '{ print $1, $2, $3, $6 }' | sort)
	unpacked "$T/own.tar" "$T/one"
	unpacked "$T/tar.tar" "$T/two"
	tree_diff "$T/one" "$T/two"
	# Pages come last, for whoever reads a stream; and the manifest behind them.
	tar tf "$T/own.tar" | sed -n '/mms.*pages\/./,$p' | grep -v '/$' | sed '$d' > "$T/late"
	not grep -v '^./mms/[0-9]*/pages/[0-9a-f]*$' "$T/late"
	[ -s "$T/late" ]
	[ "$(tar tf "$T/own.tar" | tail -n 1)" = ./manifest ]
	(cd "$T/one" && xxhsum -q -c manifest)
	grep -qx 'frozen 1' "$CG/cgroup.events"
}

@test "crtar to crtar" {
	started mm/pages
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	kill_all "$CG"
	restored "$T/ckpt.tar"
}

@test "crtar to GNU tar, through a mount" {
	started mm/pages
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	kill_all "$CG"
	restore "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

@test "crtar to bsdtar, through a mount" {
	started base
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt"
	bsdtar -xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	thaw "$CG"
	work_verify
}

@test "GNU tar to crtar: directories in front, and as a pax archive with sparse files" {
	started mm/pages
	cr_mount "$CG" "$T/mnt"
	tar cSf "$T/ckpt.tar" --format=pax --transform 's|^\.|some/where/deep|' -C "$T/mnt" .
	tar cf "$T/plain.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	crtar restore -f "$T/ckpt.tar" --cgroup "$CG"
	cr_mount "$CG" "$T/mnt"
	fixed_point "$T/plain.tar"
	thaw "$CG"
	work_verify
}

@test "bsdtar and cpio to crtar, from a pipe" {
	started base
	cr_mount "$CG" "$T/mnt"
	bsdtar -cf "$T/ckpt.tar" -C "$T/mnt" .
	(cd "$T/mnt" && find . -depth | cpio --quiet -o -H newc) > "$T/ckpt.cpio"
	cr_umount "$T/mnt"
	kill_all "$CG"
	cat "$T/ckpt.cpio" | crtar restore --cgroup "$CG"
	kill_all "$CG"
	cat "$T/ckpt.tar" | crtar restore --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "a directory and another mount are restored as well" {
	started base
	cr_mount "$CG" "$T/mnt"
	cp -a "$T/mnt" "$T/copy"
	cr_umount "$T/mnt"
	kill_all "$CG"
	crtar restore -f "$T/copy" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "create --from a mount, a directory and an archive" {
	started fd/pipe
	cr_mount "$CG" "$T/mnt"
	tar cf "$T/tar.tar" -C "$T/mnt" .
	cp -a "$T/mnt" "$T/copy"
	crtar create --from "$T/mnt" -f "$T/1.tar"
	crtar create --from "$T/copy" > "$T/2.tar"
	crtar create --from "$T/2.tar" --gzip -f "$T/3.tar"
	unpacked "$T/tar.tar" "$T/0"
	for i in 1 2 3; do
		unpacked "$T/$i.tar" "$T/$i"
		diff -r "$T/0" "$T/$i"
	done
}

@test "compressed, each way, with a level and with threads" {
	started base
	for z in "--zstd zstd" "--zstd=1 zstd" "--lz4 lz4" "--xz=1 xz" "--gzip=9 gzip"; do
		crtar create --cgroup "$CG" ${z% *} --threads 2 | "${z#* }" -dc > "$T/plain.tar"
		tar tf "$T/plain.tar" > /dev/null
		crtar create --cgroup "$CG" ${z% *} -f "$T/ckpt"
	done
	crtar create --cgroup "$CG" --zstd -f "$T/ckpt"
	kill_all "$CG"
	restored "$T/ckpt"
}

@test "other formats: cpio and zip come back, an mtree lists what bsdtar can compare" {
	started fd/pipe
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	unpacked "$T/ckpt.tar" "$T/0"
	crtar create --from "$T/ckpt.tar" --format cpio -f "$T/ckpt.cpio"
	mkdir "$T/1"
	(cd "$T/1" && cpio --quiet -id < "$T/ckpt.cpio")
	diff -r "$T/0" "$T/1"
	crtar create --from "$T/ckpt.cpio" --format zip -f "$T/ckpt.zip"
	unpacked "$T/ckpt.zip" "$T/2" bsdtar
	diff -r "$T/0" "$T/2"
	crtar create --from "$T/ckpt.zip" --format mtree -f "$T/ckpt.mtree"
	grep -q "^\./header .* sha256digest=$(sha256sum < "$T/0/header" | cut -d ' ' -f 1)" "$T/ckpt.mtree"
	kill_all "$CG"
	crtar restore -f "$T/ckpt.zip" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "digest=sha256" {
	started base
	crtar create --cgroup "$CG" -o digest=sha256 -f "$T/ckpt.tar"
	unpacked "$T/ckpt.tar" "$T/one"
	(cd "$T/one" && sha256sum --quiet -c manifest)
	kill_all "$CG"
	restored "$T/ckpt.tar"
}

@test "--freeze: it runs on after it" {
	work_start base
	run crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	[ "$status" = 1 ]
	[[ $output == "crtar: EBUSY "*": the container runs: "* ]]
	[ ! -e "$T/ckpt.tar" ]
	crtar create --cgroup "$CG" --freeze -f "$T/ckpt.tar"
	wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
	[ "$(cat "$CG/cgroup.freeze")" = 0 ]
	work_verify
}

@test "--then kill, thaw, leave" {
	work_start base
	crtar create --cgroup "$CG" --freeze --then leave -f "$T/a.tar"
	grep -qx 'frozen 1' "$CG/cgroup.events"
	crtar create --cgroup "$CG" --then thaw -f "$T/b.tar"
	wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
	crtar create --cgroup "$CG" --freeze --then kill -f "$T/c.tar"
	cg_empty "$CG"
	wait_for pid_gone "$PID"
	crtar restore -f "$T/c.tar" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "what cannot be carried: its lines, exit status 1, no archive, and it runs on" {
	cg_new refused
	start_in "$CG" python3 -c 'import ctypes, time
print(ctypes.CDLL(None).syscall(323, 1), flush=True)
time.sleep(99)'
	wait_for test -s "$LOG"
	[ "$(cat "$LOG")" -gt 0 ] || skip "no userfaultfd here"
	# With this, memory that was never written is not 0 by chance: what is said ends where it ends.
	MALLOC_PERTURB_=77 run crtar create --cgroup "$CG" --freeze -f "$T/ckpt.tar"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == "crtar: EOPNOTSUPP files/"*"userfaultfd"* ]]
	[ "${#lines[@]}" = 1 ]
	[ "$(find "$T" -name 'ckpt*')" = "" ]
	wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
}

@test "killed with SIGKILL or ended with SIGTERM, the container runs on and there is no archive" {
	work_start base
	for sig in KILL TERM; do
		mkfifo "$T/$sig"
		"$BIN/crtar" create --cgroup "$CG" --freeze -f "$T/$sig" 2> "$T/err" 3>&- 4>&- & C=$!
		wait_for grep -qx 'frozen 1' "$CG/cgroup.events"
		sleep 0.3		# it waits for a reader now
		kill -$sig "$C"
		wait "$C" || true
		wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
	done
	work_verify
}

@test "where the archive cannot be made is found before anybody is frozen" {
	run crtar create --cgroup "$T/no-cgroup" --freeze -f "$T/not/there"
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOENT $T/not/there: make the file"* ]]
	[ "${#lines[@]}" = 1 ]
}

@test "a full disk, a closed pipe and /dev/full: one sentence, and nothing is left" {
	started base
	mkdir "$T/small"
	mount -t tmpfs -o size=64k none "$T/small"
	echo "$T/small" >> "$T/mounts"
	run crtar create --cgroup "$CG" -f "$T/small/ckpt.tar"
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOSPC $T/small/ckpt.tar: "* ]]
	[ -z "$(ls -A "$T/small")" ]
	run crtar create --cgroup "$CG" -f /dev/full
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOSPC /dev/full: "* ]]
	[ -c /dev/full ]
	run bash -c "'$BIN/crtar' create --cgroup '$CG' | :; exit \${PIPESTATUS[0]}"
	[ "$status" = 1 ]
	[[ $output == *"crtar: EPIPE -: "* ]]
	grep -qx 'frozen 1' "$CG/cgroup.events"
}

@test "restore: a cgroup with tasks is refused, one that is not there is made, and goes if nothing comes of it" {
	started base
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	run crtar restore -f "$T/ckpt.tar" --cgroup "$CG"
	[ "$status" = 1 ]
	[[ $output == "crtar: EBUSY $CG: there are tasks: "* ]]
	thaw "$CG"
	run crtar restore -f "$T/ckpt.tar" --cgroup "$CG-new"
	echo "$output"
	[ "$status" = 1 ]		# its pids are taken
	[ ! -e "$CG-new" ]
	kill_all "$CG"
	echo "$CG-new" >> "$T/cgroups"
	crtar restore --check -f "$T/ckpt.tar" --cgroup "$CG-new"
	[ ! -e "$CG-new" ]
	crtar restore -f "$T/ckpt.tar" --cgroup "$CG-new"
	CG=$CG-new
	work_verify
}

@test "--check says everything that stands against it and makes nothing" {
	started base
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	run crtar restore --check -f "$T/ckpt.tar" --cgroup "$CG-other"
	[ "$status" = 1 ]
	[[ $output == *"EEXIST tasks/$PID"* ]]
	[ ! -e "$CG-other" ]
}

@test "help, usage and exit status" {
	[ "$(crtar --help | head -n 1)" = "Usage: crtar COMMAND [OPTION...] [ARGUMENT...]" ]
	for c in $(crtar --help | awk '/^  [a-z]/ { print $1 }'); do
		crtar "$c" --help | grep -q "^Usage: crtar $c"
		run crtar "$c" --no-such-option
		[ "$status" = 2 ]
		[[ $output == "crtar: EINVAL $c: --no-such-option: "* ]]
	done
	run crtar
	[ "$status" = 2 ]
	run crtar nonsense
	[ "$status" = 2 ]
	crtar --version | grep -q 'tree format 1'
}
