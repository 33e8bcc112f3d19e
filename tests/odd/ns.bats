#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers in pid, mount and uts namespaces of their own, as shell scripts make them.
load common

# until told: what a script does between its state and its checks
UNTIL='echo ready; while [ ! -e $CRFS_GO ]; do sleep 0.02; done'

# container SCRIPT: it is the init; says ready, and pass when it is told and all is there
container() {
	cg_new ns
	export CRFS_GO=$T/go
	LOG=$T/work.log
	: > "$LOG"
	"${STARTER:-start_ns_in}" "$CG" bash -c "$1"
	wait_for grep -qx ready "$LOG"
}

goes_round() {
	container "$1"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
	cr_umount "$T/mnt"
}

@test "ns: a host name, a bind mount, a read-only bind mount of a file" {
	goes_round "hostname inner; mkdir a b; echo x > a/f; mount --bind a b; exec 7< b/f
		touch g; mount --bind -o ro a/f g; $UNTIL
		read -r l <&7; [ \"\$l\" = x ] && [ \$(hostname) = inner ] && [ \$(cat g) = x ] &&
		! echo y 2>/dev/null > g && echo pass"
}

@test "ns: an init that reaps" {
	goes_round "(sleep 0.05 &); sh -c 'sleep 1000 & sleep 1000 & exit 0'; (exit 3) & $UNTIL; pkill sleep; wait; echo pass"
}

@test "ns: three levels of pid namespaces" {
	goes_round "unshare --pid --fork bash -c '
			unshare --pid --fork bash -c \"sleep 500 & (exit 7) & unshare --pid --fork sleep 600 &
				while [ ! -e \\\$CRFS_GO ]; do sleep 0.02; done; kill %1; echo \\\$\\\$ > done\"
		' & until pgrep -f 'sleep 600' > /dev/null; do sleep 0.02; done; $UNTIL
		until [ -s done ]; do sleep 0.05; done; wait; [ \$(cat done) = 1 ] && echo pass"
}

@test "ns: files of its own /proc" {
	goes_round "exec 7< /proc/self/status 8< /proc/1/maps 9< /proc/sys/kernel/hostname; cd /proc/1; $UNTIL
		read -r l <&7; [[ \"\$l\" == Name* ]] && read -r l <&8 && [ -e /proc/self/fd/7 ] &&
		cat <&7 | grep -q 'NSpid:.*1\$' && echo pass"
}

@test "ns: /run, /dev and /dev/shm of its own" {
	goes_round "mount -t tmpfs none /run; mkdir /run/x; echo 1 > /run/x/pid; exec 6<> /run/x/lock; flock -n 6; cd /run/x
		mount -t tmpfs -o mode=755 none /dev; mknod -m 666 /dev/null c 1 3; mkdir /dev/pts /dev/shm
		mount -t devpts -o newinstance,ptmxmode=666 none /dev/pts; ln -s pts/ptmx /dev/ptmx
		mount -t tmpfs none /dev/shm; echo s > /dev/shm/s; exec 7> /dev/null 8< /dev/shm/s; $UNTIL
		read -r l <&8; [ \"\$l\" = s ] && echo x >&7 && [ -c /dev/pts/ptmx ] && [ \$(cat pid) = 1 ] &&
		! flock -n lock true && echo pass"
}

@test "ns: chroot" {
	command -v busybox > /dev/null || skip "busybox is not installed"
	goes_round "mkdir -p root/bin root/proc root/tmp; cp \$(command -v busybox) root/bin/; mount -t proc none root/proc
		chroot root /bin/busybox sh -c 'cd /tmp; exec 7<>f; echo ready; while [ ! -e /go ]; do
			/bin/busybox usleep 20000; done; echo hi >&7; [ -e /proc/1 ] && echo pass' &
		while [ ! -e \$CRFS_GO ]; do sleep 0.02; done; : > root/go; wait"
}

@test "ns: pivot_root to a directory with nothing but a shell" {
	command -v busybox > /dev/null || skip "busybox is not installed"
	goes_round "mkdir -p root/bin root/proc root/tmp root/old root/go; cp \$(command -v busybox) root/bin/
		mount --bind root root; mount --bind \$(dirname \$CRFS_GO) root/go; cd root; pivot_root . old; cd /
		exec /bin/busybox sh -c '/bin/busybox mount -t proc none /proc; /bin/busybox umount -l /old; cd /tmp
			exec 7<>f; echo data >&7; echo ready; while [ ! -e /go/go ]; do /bin/busybox usleep 20000; done
			[ \$(/bin/busybox cat f) = data ] && [ -e /proc/1/stat ] && [ ! -e /old/etc ] && echo pass'"
}

# start_pid_ns_in CG CMD...: in a pid namespace alone, with the mounter's /proc
start_pid_ns_in() {
	local cg=$1
	shift
	(
		close_fds
		cd "$T/work"
		# shellcheck disable=SC2016
		exec unshare --pid --fork bash -c 'echo 0 > "$1/cgroup.procs"; exec >> "$2" 2>&1; shift 2; exec setsid "$@"' \
			init "$cg" "$LOG" "$@" < /dev/null > /dev/null 2>&1
	) &
	echo $! >> "$T/pids"
}

@test "ns: a file of a task in a /proc with other pids is refused" {
	STARTER=start_pid_ns_in container "exec 7< /proc/self/status; $UNTIL; echo pass"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: /proc/[0-9]+/status is of a task outside the container, or has another number in it: ' "$T/mnt/unsupported"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
