#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What of sockets cannot be carried is named, each with its line, and is still there afterwards.
load ../../helpers

# named ERRNO TEXT: a line of unsupported
named() {
	grep -qE "^$1 files/[0-9]+: .*$2" "$T/mnt/unsupported" || { echo "not named: $2"; return 1; }
}

@test "corked, told to many, with rings, eBPF, errors, messages: named, and unharmed" {
	work_start fd/sockets_refused
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	named EAGAIN 'corked'
	named ENODATA 'lost: an error that the program was not yet told of'
	named EOPNOTSUPP 'eBPF filter'
	[ ! -e /sys/kernel/btf/vmlinux ] || named ENODATA 'lost: the program that distributes over its group'
	named EOPNOTSUPP 'IP_OPTIONS'
	named EOPNOTSUPP 'sent to a group'
	named EAGAIN 'netlink messages wait'
	named EOPNOTSUPP 'ring \(PACKET_MMAP\)'
	named EOPNOTSUPP 'fanout group'
	named EOPNOTSUPP 'vsock stream socket'
	named ENODATA 'lost: packets that wait'
	named EOPNOTSUPP 'urgent data \(MSG_OOB\) has come on a connection that is over'
	named EOPNOTSUPP 'a connection of 127.0.0.1 port [0-9]+ waits to be accepted, with urgent data'
	named EOPNOTSUPP 'its error queue \(MSG_ERRQUEUE\)'
	grep -q "^has" "$LOG"
	for kind in $(sed -n 's/^has //p' "$LOG"); do
		named EOPNOTSUPP "$kind"
	done
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "where the kernel's memory cannot be looked at, urgent data is named" {
	work_start fd/tcp_urgent
	freeze "$CG"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c '[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf
		mkdir "$3" && "$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" ) > "$T/named" < /dev/null
	cat "$T/named"
	[ "$(grep -c '^EOPNOTSUPP files/[0-9]*: urgent data (MSG_OOB) has come and was not read, and this kernel' \
		"$T/named")" = 7 ]
	thaw "$CG"
	work_verify
}
