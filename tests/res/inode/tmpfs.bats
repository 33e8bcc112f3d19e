#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in a tmpfs of the container's own comes back, also if it is mounted twice.
load ../../helpers

@test "inode/tmpfs comes back" {
	STARTER=start_ns_in roundtrip inode/tmpfs
}

# to_look SCRIPT: it runs in namespaces of its own, and is frozen and mounted when it says ready
to_look() {
	cg_new tmpfs
	LOG=$T/work.log
	start_ns_in "$CG" bash -c "$1; echo ready; sleep 1000"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
}

@test "a tmpfs that is mounted twice, in part and over a file comes back" {
	cg_new tmpfs
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir a b c; touch f; mount -t tmpfs none c; mkdir -p c/x/y; echo 1 > c/x/y/z
		mount --bind c a; mount --bind c/x b; mount --bind c/x/y/z f; mount -o remount,bind,ro f
		echo ready; while [ ! -e "$CRFS_GO" ]; do sleep 0.05; done
		echo 2 > a/x/y/z; ! echo 3 > f || exit; [ "$(cat b/y/z f)" = "2
2" ] && echo pass'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "a tmpfs that is mounted over is refused" {
	to_look 'mkdir a; mount -t tmpfs none a; mount -t tmpfs none a'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/a: a tmpfs of its own that is mounted over: unmount one$' "$T/mnt/unsupported"
}

@test "a ramfs comes back with its content, filesystems of which there is one are mounted again" {
	cg_new ramfs
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir a h f; mount -t ramfs -o mode=700 none a; mount -t hugetlbfs none h
		mount -t fusectl none f; mkdir a/d; echo 1 > a/d/x; echo ready
		while [ ! -e "$CRFS_GO" ]; do sleep 0.05; done
		[ "$(stat -fc %T a h)" = "ramfs
hugetlbfs" ] && [ "$(cat a/d/x; stat -c %a a)" = "1
700" ] && mountpoint -q f && echo 2 > a/d/x && echo pass'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "what is in a hugetlbfs of its own is refused" {
	to_look 'mkdir h; mount -t hugetlbfs none h; : > h/f'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/h \(hugetlbfs\): what is in it cannot be carried: remove it$' "$T/mnt/unsupported"
}

@test "mounts of what was deleted in a tmpfs of its own come back" {
	cg_new gone
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir t d e; touch a b f; mount -t tmpfs none t; mkdir t/in
		echo text > t/in/file; touch -d @1000000 t/in; mkfifo -m 620 t/fifo; mkdir -m 700 t/dir
		mount --bind t/in/file a; mount --bind t/in/file b; mount --bind t/fifo f; mount --bind t/dir d
		mount -o remount,bind,ro b
		rm t/in/file t/fifo; rmdir t/dir; mount -o remount,bind,ro t
		echo ready; while [ ! -e "$CRFS_GO" ]; do sleep 0.05; done
		[ "$(cat a b; stat -c "%A %h %n" a f d; ls t t/in)" = "text
text
-rw-r--r-- 0 a
prw--w---- 0 f
drwx------ 0 d
t:
in

t/in:" ] && ! echo 2>/dev/null >> b && [ a -ef b ] && ! touch t/x 2>/dev/null && echo pass'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "a mount of a deleted file that cannot be made again is refused" {
	to_look 'mkdir t; touch a; mount -t tmpfs none t; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"t/s\")"
		mount --bind t/s a; rm t/s'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/a \(tmpfs\): shows what was deleted, which cannot be carried: unmount it$' "$T/mnt/unsupported"
}

@test "a socket bound in a tmpfs of its own, and its directory, keep their times" {
	cg_new bound
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir t; mount -t tmpfs none t; mkdir t/d
		exec python3 -c "
import os, socket, time
s = socket.socket(socket.AF_UNIX)
s.bind(\"t/d/s\")
s.listen()
os.utime(\"t/d/s\", (1, 2))
os.utime(\"t/d\", (3, 4))
print(\"ready\", flush=True)
while not os.path.exists(os.environ[\"CRFS_GO\"]):
    time.sleep(0.05)
assert [os.stat(x).st_mtime for x in (\"t/d/s\", \"t/d\")] == [2, 4]
socket.socket(socket.AF_UNIX).connect(\"t/d/s\")
s.accept()
print(\"pass\", flush=True)"'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}
