#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers as they are made by those who make them: crun, runc, bubblewrap.
load helpers

# clean_up: runtimes remember what they have started
clean_up() {
	rm -rf "$T/state"
}

# started_by CMD...: it starts a container in $CG and goes, or waits outside of all; the container says ready
started_by() {
	LOG=$T/work.log
	: > "$LOG"
	(
		close_fds
		echo "$BASHPID" > "$CG/cgroup.procs"
		cd "$T"
		# Runtimes want cgroup v2 alone, in its usual place.
		if [ "${BARE:-}" ]; then
			exec setsid "$@" < /dev/null >> "$LOG" 2>&1
		fi
		# shellcheck disable=SC2016
		exec setsid unshare --mount sh -c 'mount --bind "$0" /sys/fs/cgroup && exec "$@"' "$(cg_root)" "$@" \
			< /dev/null >> "$LOG" 2>&1
	)
	wait_for grep -qxE 'ready|fail:.*' "$LOG" || { cat "$LOG"; return 1; }
	grep -qx ready "$LOG"
}

# oci RUNTIME [user]: a bundle, started
oci() {
	command -v "$1" > /dev/null || skip "no $1"
	cg_new "$1"
	mkdir -p "$T/bundle"
	cp "$REPO/tests/apps/inside.sh" "$T/work/"
	chmod 777 "$T/work"
	python3 "$REPO/tests/apps/oci.py" "$T/bundle" "$T/work" inside.sh "cgroupsPath=/${CG##*/}/box" "${@:2}"
	case $1 in
	crun) started_by crun --root "$T/state" --cgroup-manager=disabled run -d -b "$T/bundle" "crfs-$CRFS_TEST_ID" ;;
	runc) started_by runc --root "$T/state" run -d -b "$T/bundle" "crfs-$CRFS_TEST_ID" ;;
	esac
}

finishes() {
	: > "$T/work/go"
	WAIT=30 wait_for grep -qE '^(pass|fail.*)$' "$LOG" || { cat "$LOG"; return 1; }
	cat "$LOG"
	grep -qx pass "$LOG"
	wait_for cg_empty "$CG"
}

# executed: one more process in it, whose parent is outside, as by docker exec
executed() {
	(
		close_fds
		echo "$BASHPID" > "$CG/cgroup.procs"
		# shellcheck disable=SC2016
		exec setsid unshare --mount sh -c 'mount --bind "$0" /sys/fs/cgroup && exec "$@"' "$(cg_root)" \
			crun --root "$T/state" --cgroup-manager=disabled exec -d "crfs-$CRFS_TEST_ID" \
			sleep 1000 < /dev/null >> "$LOG" 2>&1
	)
	wait_for sleeps
}
sleeps() {
	grep -qx 'sleep1000' <(for p in $(cg_pids "$CG"); do tr -d '\0' < "/proc/$p/cmdline"; echo; done | sort | uniq -d)
}

@test "a container that crun has made" {
	oci crun
	executed
	there_and_back
	sleeps
	finishes
}

@test "a container that runc has made" {
	oci runc
	there_and_back
	finishes
}

@test "a sandbox of bubblewrap" {
	command -v bwrap > /dev/null || skip "no bwrap"
	cg_new bwrap
	cp "$REPO/tests/apps/inside.sh" "$T/work/"
	# shellcheck disable=SC2016
	BARE=1 started_by sh -c 'echo 0 > "$2/../cgroup.procs"; bwrap --as-pid-1 --unshare-pid --unshare-uts --unshare-ipc --unshare-net \
		--hostname inside --ro-bind /bin /bin --ro-bind /lib /lib --ro-bind /lib64 /lib64 --ro-bind /usr /usr \
		--proc /proc --dev /dev --tmpfs /tmp --dir /run --bind "$1" /work --dir /etc --ro-bind /etc/hosts /etc/hosts \
		--ro-bind /etc/resolv.conf /etc/resolv.conf --bind "$2" /cg --new-session --chdir /work \
		busybox sh -c "echo 0 > /cg/cgroup.procs; exec busybox sh inside.sh" &' _ "$T/work" "$CG"
	there_and_back
	finishes
}

@test "a container that crun has made, in a user namespace" {
	chmod 755 "$BATS_RUN_TMPDIR" "$T"
	oci crun user
	executed
	there_and_back
	sleeps
	finishes
}

@test "a sandbox of bubblewrap with the process that watches it" {
	command -v bwrap > /dev/null || skip "no bwrap"
	cg_new bwrap
	cp "$REPO/tests/apps/inside.sh" "$T/work/"
	# shellcheck disable=SC2016
	BARE=1 started_by sh -c 'bwrap --unshare-pid --unshare-uts --unshare-ipc --unshare-net --unshare-cgroup-try \
		--hostname inside --ro-bind /bin /bin --ro-bind /lib /lib --ro-bind /lib64 /lib64 --ro-bind /usr /usr \
		--proc /proc --dev /dev --tmpfs /tmp --dir /run --bind "$1" /work --dir /etc --ro-bind /etc/hosts /etc/hosts \
		--ro-bind /etc/resolv.conf /etc/resolv.conf --new-session --chdir /work \
		busybox sh inside.sh &' _ "$T/work"
	there_and_back
	finishes
}
