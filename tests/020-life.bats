#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a mount: live view, view, generations, staging, .crfs, the mount helper, the end.
load helpers

@test "a running container is a live view: no manifest, state running" {
	work_start base
	cr_mount "$CG" "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = running ]
	[ ! -e "$T/mnt/manifest" ]
	grep -qx 'state running' "$T/mnt/header"
	if [ "${CRFS_IMPL:-fuse}" = fuse ]; then	# the other shows the header, and no more
		[ -e "$T/mnt/tasks/$PID/status" ]
		grep -qx "tid $PID" "$T/mnt/tasks/$PID/status"
	fi
	work_verify
}

@test "a copy of a live view never restores" {
	work_start base
	cr_mount "$CG" "$T/mnt"
	cp -a "$T/mnt" "$T/saved" || true
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt"
	cp -r "$T/saved/." "$T/mnt"
	(cd "$T/mnt" && find . -type f ! -name manifest -printf '%P\n' | xargs xxhsum -H64 --tag) > "$T/manifest"
	run cp "$T/manifest" "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cg_empty "$CG"
	grep header "$T/mnt/.crfs/error"
}

@test "umount as soon as the tool is done: the mount is not busy, however much there is to forget" {
	cg_new many
	start_in "$CG" python3 -c "$(cat <<-'END'
		import os, resource, time
		resource.setrlimit(resource.RLIMIT_NOFILE, (4000, 4000))
		fds = [os.memfd_create(str(i)) for i in range(1500)]
		for fd in fds:
		    os.write(fd, b"x")
		print("ready", flush=True)
		time.sleep(1000)
	END
	)"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	tar cf "$T/ckpt.tar" -C "$T/mnt" .
	umount "$T/mnt"
	for i in 1 2 3; do
		kill_all "$CG"
		cr_mount "$CG" "$T/mnt"
		tar xf "$T/ckpt.tar" -C "$T/mnt"
		umount "$T/mnt"
	done
}

@test "frozen is a view; thaw and freeze is a new generation of the same mount" {
	work_start inode/shm
	cr_mount "$CG" "$T/mnt"
	freeze "$CG"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	cat "$T/mnt/manifest" > "$T/one"
	cat "$T/mnt/manifest" | cmp - "$T/one"
	exec 8< "$T/mnt/tasks/$PID/xstate"
	thaw "$CG"
	[ "$(crfs_state "$T/mnt")" = running ]
	[ ! -e "$T/mnt/manifest" ]
	sleep 0.2
	freeze "$CG"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	run cat <&8
	[ "$status" -ne 0 ]
	exec 8<&-
	cat "$T/mnt/manifest" > "$T/two"
	not cmp -s "$T/one" "$T/two"
	(cd "$T/mnt" && xxhsum -q -c manifest)
	thaw "$CG"
	work_verify
}

@test "reading does not change the container: it goes on unharmed after many checkpoints" {
	work_start task/regs
	cr_mount "$CG" "$T/mnt"
	for i in 1 2 3 4 5; do
		freeze "$CG"
		tar cf /dev/null -C "$T/mnt" . 2>/dev/null
		cat "$T/mnt/manifest" > "$T/m$i"
		grep -qx 'frozen 1' "$CG/cgroup.events"
		thaw "$CG"
		sleep 0.05
	done
	work_verify
}

@test "an empty cgroup is staging; one that does not exist is made" {
	cg_new staging
	cr_mount "$CG" "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = staging ]
	[ -z "$(ls -A "$T/mnt")" ]
	mkdir -p "$T/mnt/a/b"
	echo text > "$T/mnt/a/b/c"
	mv "$T/mnt/a/b/c" "$T/mnt/a/d"
	[ "$(cat "$T/mnt/a/d")" = text ]
	ln "$T/mnt/a/d" "$T/mnt/a/e" || true
	truncate -s 1M "$T/mnt/a/f"
	[ "$(stat -c %s "$T/mnt/a/f")" = 1048576 ]
	rm -r "$T/mnt/a"
	[ -z "$(ls -A "$T/mnt")" ]
	cr_umount "$T/mnt"
	rmdir "$CG"
	cr_mount "$CG" "$T/mnt"
	[ -d "$CG" ]
	[ "$(crfs_state "$T/mnt")" = staging ]
}

@test "restored tasks run at once unless cgroup.freeze is 1" {
	work_start base
	checkpoint "$T/ckpt.tar"
	echo 0 > "$CG/cgroup.freeze"
	cr_mount "$CG" "$T/mnt"
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = running ]
	work_verify
}

@test "a restored container is nobody's burden: it outlives the mount and the daemon" {
	work_start base
	checkpoint "$T/ckpt.tar"
	cr_daemon "$CG" "$T/mnt"
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	kill -9 "$DAEMON"
	wait_for pid_gone "$DAEMON" || true
	cr_umount "$T/mnt"
	thaw "$CG"
	[ "$(awk '{ print $4 }' "/proc/$PID/stat")" != "$DAEMON" ]
	[ "$(awk '/^TracerPid/ { print $2 }' "/proc/$PID/status")" = 0 ]
	work_verify
}

@test "checkpoint of a restore, restored, and again" {
	work_start task/threads
	checkpoint "$T/1.tar"
	for i in 1 2 3; do
		restore "$T/$i.tar"
		tar cf "$T/$((i + 1)).tar" -C "$T/mnt" .
		cr_umount "$T/mnt"
		kill_all "$CG"
	done
	restore "$T/4.tar"
	thaw "$CG"
	work_verify
}

@test ".crfs is found and not listed; ctl checks without making anything" {
	work_start base
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	[ "$(ls -A "$T/mnt")" = "" ]
	[ -d "$T/mnt/.crfs" ]
	[ "$(ls "$T/mnt/.crfs" | grep -cE '^(state|error|ctl)$')" = 3 ]
	tar xf "$T/ckpt.tar" -C "$T/mnt" --exclude ./manifest
	[ "$(crfs_state "$T/mnt")" = staging ]
	sed 's/^/nonsense/' -i "$T/mnt/header"
	run bash -c "echo check > '$T/mnt/.crfs/ctl'"
	grep header "$T/mnt/.crfs/error"
	cg_empty "$CG"
	tar xf "$T/ckpt.tar" -C "$T/mnt" ./header
	tar xf "$T/ckpt.tar" -C "$T/mnt" ./manifest
	[ "$(crfs_state "$T/mnt")" = frozen ]
	thaw "$CG"
	work_verify
}

@test "a failed restore can be corrected and is tried again" {
	work_start base
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	mkdir "$T/bad"
	tar xf "$T/ckpt.tar" -C "$T/bad"
	sed -i 's/^tgid .*/tgid 1/' "$T/bad/tasks/$PID/status"
	run cp -r "$T/bad/." "$T/mnt"
	[ "$status" -ne 0 ]
	[ "$(crfs_state "$T/mnt")" = failed ]
	[ -s "$T/mnt/.crfs/error" ]
	cg_empty "$CG"
	tar xf "$T/ckpt.tar" -C "$T/mnt" "./tasks/$PID/status"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	[ ! -s "$T/mnt/.crfs/error" ]
	thaw "$CG"
	work_verify
}

@test "an edit with sed restores, with its digest" {
	work_start base
	checkpoint "$T/ckpt.tar"
	mkdir "$T/edit"
	tar xf "$T/ckpt.tar" -C "$T/edit"
	sed -i 's/^comm .*/comm edited/' "$T/edit/tasks/$PID/status"
	remanifest "$T/edit"
	cr_mount "$CG" "$T/mnt"
	tar cf - -C "$T/edit" . | tar xf - -C "$T/mnt"
	[ "$(cat "/proc/$PID/comm")" = edited ]
	thaw "$CG"
	work_verify
}

@test "mount -t fuse.crfs through the helper; umount ends the daemon" {
	[ -x "$BIN/mount.crfs" ] || skip "mount.crfs is not built"
	cg_new helper
	mkdir -p "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	# As installed, without installing: mount(8) calls helpers with these arguments.
	PATH=$BIN:$PATH "$BIN/mount.crfs" none "$T/mnt" -o "cgroup=$CG" 3>&-
	wait_for mountpoint -q "$T/mnt"
	[ "$(findmnt -n -o FSTYPE "$T/mnt")" = fuse.crfs ]
	[ "$(crfs_state "$T/mnt")" = staging ]
	umount "$T/mnt"
	wait_for no_daemon
	cr_mount "$CG" "$T/mnt"
	fusermount3 -u "$T/mnt"
	wait_for no_daemon
}

no_daemon() {
	! pgrep -f "cgroup=$CG" > /dev/null
}

@test "the mount is the mounter's alone" {
	cg_new private
	cr_mount "$CG" "$T/mnt"
	chmod 755 "$T"
	run setpriv --reuid 1000 --clear-groups ls "$T/mnt"
	[ "$status" -ne 0 ]
}

@test "a call that the kernel lacks: the mount says so, and stays" {
	cg_new lacking
	start_in "$CG" sleep 1000
	freeze "$CG"
	# without sched_getattr(2)
	cat > "$T/without.py" <<-'END'
		import ctypes, os, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		class Prog(ctypes.Structure): _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
		insn = lambda code, jt, jf, k: struct.pack("HBBI", code, jt, jf, k)
		f = insn(0x20, 0, 0, 0) + insn(0x15, 0, 1, int(sys.argv[1])) + insn(6, 0, 0, 0x50000 | 38) + insn(6, 0, 0, 0x7fff0000)
		assert not libc.prctl(38, 1, 0, 0, 0) and not libc.prctl(22, 2, ctypes.byref(Prog(4, f)), 0, 0)
		os.execv(sys.argv[2], sys.argv[2:])
	END
	mkdir -p "$T/mnt"
	python3 "$T/without.py" 315 "$BIN/crfs" -o "cgroup=$CG" "$T/mnt"
	run ls "$T/mnt"
	[ "$status" != 0 ]
	[[ "$output" = *"Operation not supported"* ]]
	run cat "$T/mnt/header"
	[[ "$output" = *"Operation not supported"* ]]
	grep -q '^ENOSYS ' "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	cr_umount "$T/mnt"
}
