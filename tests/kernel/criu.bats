#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar's conversion against the real criu, Debian's, in a guest on whose kernel it works.
# It runs on a root that can be unmounted, which an initramfs is not; and as ever from /crfs there.

REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
KERNEL=${KERNEL:-6.1}
# Not among them: task/creds (ambient capabilities are CRIU's since 4.1), mm/maps (it makes memory that is shared without a name of
# a memfd, and its mappings anew), fd/pipe (packets). What it has restored is in a time namespace, and refused as such.
WORKS="base task/threads task/signals mm/pages inode/shm fd/regular fd/dir"

# add FILE [TO]: a program and what it is linked with
add() {
	local to=$ADD${2:-$1} lib
	mkdir -p "${to%/*}"
	cp -L "$1" "$to"
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$ADD${lib%/*}"
		cp -nL "$lib" "$ADD$lib"
	done
}

setup_file() {
	command -v criu > /dev/null || skip "no criu here"
	ADD=$BATS_FILE_TMPDIR/add
	mkdir -p "$ADD/crfs"
	add "$(command -v criu)" /usr/sbin/criu
	add "$REPO/build/bin/crtar" /crfs/crtar
	strip "$ADD/crfs/crtar"
	cp "$REPO/tests/kernel/criu" "$ADD/crfs/"
	install -m 755 "$REPO/tests/kernel/init" "$ADD/init.crfs"
	cat > "$ADD/init" <<-'EOF'
	#!/bin/busybox sh
	/bin/busybox mkdir /r
	/bin/busybox mount -t tmpfs -o mode=755 root /r
	for d in /*; do
		case $d in
		/proc | /sys | /dev | /tmp | /r) /bin/busybox mkdir -p /r$d ;;
		*) /bin/busybox cp -a $d /r/ ;;
		esac
	done
	exec /bin/busybox switch_root /r /init.crfs
	EOF
	chmod 755 "$ADD/init"
	VM_ADD=$ADD VM_MEMORY=1536 VM_LIMIT=180 \
	VM_MODULES="inet_diag tcp_diag udp_diag netlink_diag af_packet_diag raw_diag libcrc32c nfnetlink nf_tables tun veth" \
		"$REPO/tests/kernel/vm" start "$KERNEL" "$BATS_FILE_TMPDIR/vm"
	rm -rf "$ADD"
	guest 'criu check' > "$BATS_FILE_TMPDIR/check" 2>&1 || : > "$BATS_FILE_TMPDIR/not"
}

teardown_file() {
	"$REPO/tests/kernel/vm" stop "$BATS_FILE_TMPDIR/vm"
}

setup() {
	[ ! -e "$BATS_FILE_TMPDIR/not" ] ||
		skip "criu does not work on $KERNEL: $(grep Error "$BATS_FILE_TMPDIR/check" | tail -n 1)"
}

guest() {
	VM_LIMIT=${LIMIT:-120} "$REPO/tests/kernel/vm" run "$BATS_FILE_TMPDIR/vm" "$1"
}

# each WAY WORKLOAD...
each() {
	local w bad=0
	for w in "${@:2}"; do
		guest ". /crfs/criu; $1 $w" > "$BATS_TEST_TMPDIR/out" 2>&1 || { echo "--- $w: $?"; head -n 40 "$BATS_TEST_TMPDIR/out"; bad=1; }
	done
	[ $bad = 0 ]
}

@test "what crfs took, criu restores" {
	# shellcheck disable=SC2086
	each crfs_to_criu $WORKS
}

@test "what criu dumped, crfs restores" {
	# shellcheck disable=SC2086
	each criu_to_crfs $WORKS
}
