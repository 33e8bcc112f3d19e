# SPDX-License-Identifier: GPL-2.0-or-later
# What all bats files share: cgroups, mounts, workloads, the round trip; and that nothing stays behind.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$REPO/tests/trees.bash"
BIN=$REPO/build/bin
WORK=$REPO/build/work
EXEMPT=$REPO/tests/fixedpoint.exempt
# Everything a test leaves carries this id (in its environment, in names): tests/run looks for it.
export CRFS_TEST_ID=${CRFS_TEST_ID:-$$}

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/work"
	chmod a+x "$BATS_RUN_TMPDIR" "$T"	# workloads without privilege look for $CRFS_GO
	: > "$T/cgroups"; : > "$T/mounts"; : > "$T/pids"
}

# Undo all, whatever the test did; the order matters: kill first, so that no unmount waits.
teardown() {
	local x
	set +e
	if [ "${BATS_TEST_COMPLETED:-}" != 1 ]; then
		explain
	fi
	while read -r x; do kill_all "$x" 2>/dev/null; done < "$T/cgroups"
	tac "$T/mounts" | while read -r x; do cr_umount "$x" 2>/dev/null; done
	while read -r x; do kill -9 "$x" 2>/dev/null; done < "$T/pids"
	tac "$T/cgroups" | while read -r x; do cg_del "$x"; done
	huge_pages_back
	if declare -F clean_up > /dev/null; then
		clean_up	# what else a file's workloads leave
	fi
	return 0
}

# What one wants to read when a test failed.
explain() {
	local x
	while read -r x; do
		[ -r "$x/.crfs/error" ] || continue
		echo "# $x: state $(timeout 5 cat "$x/.crfs/state")"
		timeout 5 head -n 20 "$x/.crfs/error"
	done < "$T/mounts"
	for x in "$T"/*.log; do
		[ -s "$x" ] || continue
		echo "# ${x##*/}:"; tail -n 10 "$x"
	done
	return 0
}

# huge_pages N: the machine has N more of them, until the test is over
huge_pages() {
	local nr=/proc/sys/vm/nr_hugepages before
	before=$(cat $nr)
	echo $((before + $1)) > $nr
	echo $(($(cat $nr) - before)) > "$T/huge"
	[ "$(cat "$T/huge")" = "$1" ] || skip "no memory for $1 huge pages"
}
huge_pages_back() {
	[ -e "$T/huge" ] || return 0
	echo $(($(cat /proc/sys/vm/nr_hugepages) - $(cat "$T/huge"))) > /proc/sys/vm/nr_hugepages
}

# --- cgroups ---

cg_root() {
	local root
	root=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
	[ -n "$root" ] || { echo "no cgroup v2 is mounted"; return 1; }
	echo "$root"
}

# cg_new NAME: makes a cgroup of a unique name; its path goes into $CG
cg_new() {
	CG=$(mktemp -d -p "$(cg_root)" "crfs-test-$CRFS_TEST_ID-${1//\//-}-XXXXXX")
	echo "$CG" >> "$T/cgroups"
}

cg_del() {
	local d i
	[ -d "$1" ] || return 0
	for i in 1 2 3 4 5 6 7 8 9 10; do
		find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null
		[ -d "$1" ] || return 0
		sleep 0.1
	done
	echo "cannot remove cgroup $1"
	return 1
}

freeze() {
	echo 1 > "$1/cgroup.freeze"
	wait_for grep -qx 'frozen 1' "$1/cgroup.events"
}

thaw() {
	echo 0 > "$1/cgroup.freeze"
	wait_for grep -qx 'frozen 0' "$1/cgroup.events"
}

cg_empty() {
	grep -qx 'populated 0' "$1/cgroup.events"
}

cg_pids() {
	find "$1" -name cgroup.procs -exec cat {} + | sort -n
}

# kill_all CG: kills everything in it and waits until the pids are free again
kill_all() {
	local pids p
	[ -d "$1" ] || return 0
	pids=$(cg_pids "$1")
	echo 1 > "$1/cgroup.kill"
	for p in $pids; do	# cgroup.kill does not reach a process whose first thread has exited
		kill -9 "$p" 2> /dev/null || true
	done
	wait_for cg_empty "$1"
	for p in $pids; do
		wait_for pid_gone "$p"
	done
}

pid_gone() {
	[ ! -e "/proc/$1" ]
}

# wait_for COMMAND...: until it succeeds, 10 seconds (or $WAIT) at most, or so many times that where all is slow (CRFS_SLOW)
wait_for() {
	local i n=$((${WAIT:-10} * 50 * ${CRFS_SLOW:-1}))
	for ((i = 0; i < n; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	echo "waited $((n / 50)) s in vain for: $*"
	return 1
}

# not COMMAND...: it fails. A `!` in front of a command is no assertion: it ends no test, whatever comes of it
not() {
	if "$@"; then
		echo "this must fail: $*" >&2
		return 1
	fi
}

# --- starting things ---

# Descriptors above 2 belong to bats; shared with a container they would be leaks. 255 is bash's own.
close_fds() {
	local f n
	for f in /proc/"$BASHPID"/fd/*; do
		n=${f##*/}
		if [ "$n" -gt 2 ] && [ "$n" != 255 ]; then
			eval "exec $n>&-"
		fi
	done
}

# start_in CG CMD...: in the cgroup, a session of its own, stdio /dev/null and $LOG; pid in $PID
start_in() {
	local cg=$1
	shift
	LOG=${LOG:-$T/work.log}
	: >> "$LOG"
	(
		close_fds
		cd "$T/work"
		echo "$BASHPID" > "$cg/cgroup.procs"
		exec setsid "$@" < /dev/null >> "$LOG" 2>&1
	) &
	PID=$!
	wait_for joined "$cg" "$PID"
	wait_for leads "$PID"
}
joined() {
	grep -qx "$2" "$1/cgroup.procs" || pid_gone "$2"
}
# leads PID: a session, or is gone
leads() {
	local stat
	stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 0
	# shellcheck disable=SC2086
	set -- "$1" ${stat##*) }
	[ "$5" = "$1" ]
}

# start_ipc_in CG CMD...: the same, in an IPC namespace of its own; start_net_in: a network namespace
start_ipc_in() {
	local cg=$1
	shift
	start_in "$cg" unshare --ipc env WORK_OWN=ipc "$@"
}
start_net_in() {
	local cg=$1
	shift
	start_in "$cg" unshare --net env WORK_OWN=net "$@"
}

# start_time_in CG CMD...: the same, in a time namespace, in which its maker is not and stays outside
start_time_in() {
	local cg=$1
	shift
	LOG=${LOG:-$T/work.log}
	(
		close_fds
		cd "$T/work"
		# shellcheck disable=SC2016
		exec unshare --time --monotonic "${TIME_AHEAD:-2000000}" --boottime -1 --fork bash -c \
			'echo 0 > "$1/cgroup.procs"; exec >> "$2" 2>&1; shift 2; exec setsid "$@"' \
			init "$cg" "$LOG" "$@" < /dev/null > /dev/null 2>&1
	) &
	echo $! >> "$T/pids"
}

# starter_of WORKLOAD: what it wants to be started by
starter_of() {
	case $1 in
	ns/ipc | ns/ipc_two) echo start_ipc_in ;;
	ns/net | ns/net_two | ns/held) echo start_net_in ;;
	fd/tun | fd/tun_odd | fd/*_errors | fd/refused_more | fd/netlink_overrun | inode/corked* | inode/packet_ring) echo start_net_in ;;
	ns/time) echo start_time_in ;;
	ns/cgroup | ns/user) echo start_in ;;
	ns/* | inode/tmpfs) echo start_ns_in ;;
	*) echo start_in ;;
	esac
}

# start_ns_in CG CMD...: the same, in pid, mount and uts namespaces of its own; CMD is their init
start_ns_in() {
	local cg=$1
	shift
	LOG=${LOG:-$T/work.log}
	(
		close_fds
		cd "$T/work"
		# shellcheck disable=SC2016
		# unshare itself stays outside, with what it has to say when its child is killed.
		exec unshare --pid --fork --mount-proc --uts bash -c \
			'echo 0 > "$1/cgroup.procs"; exec >> "$2" 2>&1; shift 2; exec setsid "$@"' \
			init "$cg" "$LOG" "$@" < /dev/null > /dev/null 2>&1
	) &
	PID=$!
	echo "$PID" >> "$T/pids"
}

# start_user_in CG CMD...: CMD is the first process of a container with a user namespace, and all others in that
start_user_in() {
	local cg=$1
	shift
	LOG=${LOG:-$T/work.log}
	chmod 777 "$T/work"
	if [ -f "$1" ]; then	# the source directory may be for nobody else
		cp "$1" "$T/program"
		set -- "$T/program" "${@:2}"
	fi
	(
		close_fds
		cd "$T/work"
		exec python3 "$REPO/tests/apps/contain.py" "$cg" "${USER_KIND:-user}",pid,mount,uts,ipc,net,cgroup "$@" < /dev/null >> "$LOG" 2>&1
	)
}

# free_port: one that nobody has just now
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# interactive CMD...: in $CG, with a FIFO as stdin that it holds open itself
interactive() {
	mkfifo "$T/work/in"
	# shellcheck disable=SC2016
	start_in "$CG" bash -c 'exec 0<> in; exec "$@"' _ "$@"
}

# pty_lock: one test at a time has terminals, since they come back with the numbers they had
pty_lock() {
	[ -z "${PTY_LOCK:-}" ] || return 0
	exec {PTY_LOCK}< /dev/pts	# for all of this machine, and leaves no file
	WAIT=150 wait_for flock -n "$PTY_LOCK"
}

# on_a_pty CMD...: interactive, on a terminal of 80 by 24; what it shows goes into work/screen
on_a_pty() {
	pty_lock
	interactive env TERM=xterm script -qf -c "stty rows 24 cols 80; $*" screen
}

# say LINE...; press KEYS (as printf(1) has them): to who is interactive
say() {
	printf '%s\n' "$@" > "$T/work/in"
}
press() {
	# shellcheck disable=SC2059
	printf "$1" > "$T/work/in"
}

# work_start WORKLOAD [ARGS]: into a fresh cgroup $CG, until it says ready
work_start() {
	local w=$1
	shift
	case $w in *pty*|*/hungup) pty_lock ;; esac
	cg_new "$w"
	export CRFS_GO=$T/go CRFS_CGROUP=$CG
	LOG=$T/work.log
	: > "$LOG"
	"${STARTER:-start_in}" "$CG" "$WORK/$w" "$@"
	wait_for grep -qxE 'ready|(fail|skip):.*' "$LOG" || return 1
	if grep -q '^skip:' "$LOG"; then
		skip "$(grep '^skip:' "$LOG")"
	fi
	grep -qx ready "$LOG"
}

work_done() {
	grep -qE '^(pass|fail:.*)$' "$LOG" || cg_empty "$CG"
}

# work_verify: tell it to check itself; it must say pass, exactly once, and end
work_verify() {
	: > "$CRFS_GO"
	WAIT=30 wait_for work_done || return 1
	if grep '^fail:' "$LOG"; then
		return 1
	fi
	[ "$(grep -cx pass "$LOG")" = 1 ] || { cat "$LOG"; return 1; }
	wait_for cg_empty "$CG"
}

# --- mounts ---

# cr_mount CG MNT [OPTIONS]; with CRFS_IMPL=kernel it is the kernel filesystem (tests/kernel/impl.bats)
cr_mount() {
	mkdir -p "$2"
	echo "$2" >> "$T/mounts"
	if [ "${CRFS_IMPL:-fuse}" = kernel ]; then
		mount -t crfs -o "impl=kernel,cgroup=$1${3:+,$3}" none "$2" 3>&- 4>&-
		return
	fi
	timeout -k 5 30 "$BIN/crfs" -o "cgroup=$1${3:+,$3}" "$2" \
		< /dev/null > "$T/crfs.log" 2>&1 3>&- 4>&- || { cat "$T/crfs.log"; return 1; }
	wait_for mountpoint -q "$2"
}

# cr_daemon CG MNT [OPTIONS]: in the foreground mode, its pid in $DAEMON
cr_daemon() {
	mkdir -p "$2"
	echo "$2" >> "$T/mounts"
	( close_fds; exec "$BIN/crfs" -f -o "cgroup=$1${3:+,$3}" "$2" < /dev/null > "$T/crfs.log" 2>&1 ) &
	DAEMON=$!
	echo "$DAEMON" >> "$T/pids"
	wait_for mountpoint -q "$2"
}

cr_umount() {
	mountpoint -q "$1" || [ -n "$(findmnt -n "$1")" ] || return 0
	timeout 10 umount "$1" || umount -l "$1"
}

crfs_state() {
	timeout 10 cat "$1/.crfs/state"
}

# no_unsupported MNT: the container can be checkpointed; what stands against it is printed
no_unsupported() {
	[ -e "$1/unsupported" ]
	if [ -s "$1/unsupported" ]; then
		echo "unsupported:"
		cat "$1/unsupported"
		return 1
	fi
}

# --- the round trip ---

# checkpoint ARCHIVE: freeze $CG, mount, tar, unmount, kill; the pids are free after it
checkpoint() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	timeout -k 5 120 tar cf "$1" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
}

# restore ARCHIVE: into a staging mount $T/mnt of $CG, whose cgroup.freeze is still 1
restore() {
	cr_mount "$CG" "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = staging ]
	timeout -k 5 120 tar xf "$1" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
}

# fixed_point ARCHIVE: what the mount shows now is what the archive holds
fixed_point() {
	timeout -k 5 120 tar cf "$T/again.tar" -C "$T/mnt" .
	mkdir -p "$T/one" "$T/two"
	tar xf "$1" -C "$T/one"
	tar xf "$T/again.tar" -C "$T/two"
	tree_diff "$T/one" "$T/two"
}

# roundtrip WORKLOAD [ARGS]: the proof. Checkpoint, kill, restore, compare, thaw, verify from inside
roundtrip() {
	work_start "$@"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
	cr_umount "$T/mnt"
}

# there_and_back: the same for any program that runs in $CG; leaves it running
there_and_back() {
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
}

