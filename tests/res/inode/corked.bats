#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams that are begun and not sent (UDP_CORK, MSG_MORE).
load ../../helpers

@test "inode/corked comes back" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in roundtrip inode/corked
}

@test "packets of raw sockets that are begun and not sent come back" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in roundtrip inode/corked_raw
}

@test "where the kernel's memory cannot be looked at, they are named" {
	STARTER=start_net_in work_start inode/corked
	freeze "$CG"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c '[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf
		mkdir "$3" && "$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" ) > "$T/named" < /dev/null
	cat "$T/named"
	[ "$(grep -c '^EAGAIN files/[0-9]*: a datagram is corked in it' "$T/named")" = 9 ]
	thaw "$CG"
	work_verify
}

@test "what is no datagram is refused" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in work_start inode/corked
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	cd "$T/base"
	n=$(grep -lx 'type corked' inodes/*/status | head -n 1)
	n=${n%/status}
	f=$(grep -lx "corked ${n#*/}" files/* | head -n 1)
	wrong length "^EINVAL $n: data has [0-9]+ bytes, status says 7777" sed -i 's/^len .*/len 7777/' "$n/status"
	wrong tos "^EINVAL $n: tos 1234: no packet" sed -i 's/^tos .*/tos 1234/' "$n/status"
	wrong none "^E[A-Z]+ $f: .*inodes/4711" sed -i 's/^corked .*/corked 4711/' "$f"
}
