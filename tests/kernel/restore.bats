#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel filesystem restores: what it took itself and what the FUSE filesystem took, and the reverse; what
# fails leaves nothing and says why. TRIPS=all: every workload; it takes a quarter of an hour.

load helpers

setup_file() {
	export VM_MODULES="tun veth llc stp bridge mrp garp 8021q macvlan dummy libcrc32c nfnetlink nf_tables"
	vm_boot
}
teardown_file() { vm_end; }

# A workload or more of every kind of thing. Taken and restored by: kernel, FUSE; FUSE, kernel; kernel, kernel.
CHAIN="base task/threads task/timers task/parent fd/fds fd/timerfd fd/pipe fd/memfd mm/pages inode/ghost fd/pty fd/unix fd/tcp inode/tcp_queue fd/socket_mix inode/datagrams inode/filter fd/raw fd/packet fd/netlink ns/mnt inode/tmpfs"
CHAIN="$CHAIN task/segments task/breakpoints mm/ldt fd/packet_fanout inode/packet_header fd/tcp_urgent inode/corked fd/bpf_map fd/uring inode/uring inode/packet_ring fd/tun"
CHAIN="$CHAIN fd/unix_urgent inode/corked_raw task/timens ns/ipc_two ns/held ns/mnt_held ns/mnt_gone"
[ "$KERNEL" = 6.1 ] || CHAIN="$CHAIN task/dispatch mm/aio inode/unix_queue"	# 6.4; these have an eventfd
WAITING="fd/backlog ns/net_two"	# connections that wait to be accepted
# FUSE sees an empty datagram only where it has not looked before, which it does when it has restored.
LOOKED_AT_ONCE="fd/udp"
# What only FUSE takes so far.
FROM_FUSE="fd/mqueue task/semundo ns/pid ns/user"

in_guest() {
	guest ". /crfs/both; . /crfs/life; . /crfs/trip; . /crfs/fault; $1"
}

# trips WAY WORKLOAD...
trips() {
	local way=$1 w bad=0 rc
	shift
	for w in "$@"; do
		rc=0
		in_guest "trip $way $w" > "$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
		if [ $rc != 0 ] && [ $rc != 77 ]; then
			echo "--- $w: $rc"
			head -n 40 "$BATS_TEST_TMPDIR/out"
			bad=1
		fi
	done
	console_clean
	[ $bad = 0 ]
}

fault() {
	in_guest "fault_$1"
	console_clean
}

@test "staging is a directory like any: names, links, sizes, limits" { fault names; }
@test "trees that are not right: tar fails, no task is made, .crfs/error says why" { fault trees; }
@test "an extent that is changed after it was copied" { fault changed; }
@test ".crfs/ctl checks" { fault check; }
@test "the helper is not there, or no helper" { fault helper; }
@test "the helper is killed in the middle, and so is who waits for it" { fault killed; }
@test "the helper is killed at one system call after the other" { fault steps; }
@test "who fills it, or looks, has the rights of who mounted" { fault rights; }
@test "two restores at once; umount -l in the middle of one" { fault race; }
@test "nothing of what was staged is kept" { fault memory; }
@test "cp, rsync, and many writers at once" { fault tools; }
@test "restored in the namespaces and the root of who copies" { fault elsewhere; }
@test "mount -t crfs takes the kernel filesystem where it can" { fault command; }

@test "restored by either, whoever took it" {
	# shellcheck disable=SC2046,SC2086
	if [ "${TRIPS:-}" = all ]; then
		trips fk $(cd "$REPO/build/work" && find base root task fd mm inode ns -type f -perm /1 | sort)
	fi
	# shellcheck disable=SC2086
	trips kffkkk $CHAIN
	# shellcheck disable=SC2086
	trips kkfkkf $LOOKED_AT_ONCE
}

# part FILE NAME ARG..: FILE_NAME of tests/kernel/FILE; `guard` asks nft what is left
part() {
	[ "$1" != guard ] || type -P nft > /dev/null || skip "no nft to see what is left"
	in_guest ". /crfs/$1; $1_${*:2}"
	console_clean
}

@test "what is declared external comes back by either, with others in its place" { part external trip kffkkk; }
@test "a directory that is bound into the container, and another in its place" { part external dir; }
@test "the outer end of a veth is declared" { part external link; }
@test "a link from one network of the container to another, which needs no declaration" { part external pair; }
@test "links of other kinds, one upon the other" { part external kinds; }
@test "external=: what is wrong or missing is refused with a sentence" { part external refused; }

@test "tcp=guard: who is connected from outside does not notice, whoever takes and restores" { part guard trip kffkkk; }
@test "tcp=guard: the same on both, and the obstacle without" { part guard both; }
@test "tcp=guard: the helper is missing, fails, is killed: it is named, and nothing is left" { part guard fail; }
@test "tcp=guard: it outlives mount and module, until the thaw" { part guard stays; }
@test "tcp=guard: it goes with the cgroup" { part guard removed; }
@test "tcp=: what is wrong is refused" { part guard options; }

@test "what only FUSE takes, the kernel restores" {
	# shellcheck disable=SC2086
	trips fk $FROM_FUSE
}

@test "connections that wait to be accepted; refused where they could not be put back" {
	if [ "$KERNEL" != 6.1 ]; then
		# shellcheck disable=SC2086
		trips kffkkk $WAITING
		return
	fi
	for who in k f; do
		for w in $WAITING; do
			run in_guest "trip ${who}f $w"
			[ "$status" -ne 0 ]
			grep -qE '^EOPNOTSUPP files/[0-9]+: [0-9]+ connections wait .* cannot be put back before Linux 6.10' <<< "$output"
		done
	done
	console_clean
}
