#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bats files that the FUSE filesystem is tested with, in a guest, and there with the mount of the kernel filesystem
# (CRFS_IMPL=kernel): how a mount lives, connections with the world outside, and links. ONLY: which of their tests.
load helpers

setup_file() {
	"$REPO/tests/kernel/vm" apps
	export VM_EXTRA=$REPO/build/kernel/apps VM_MEMORY=${VM_MEMORY:-1536}
	export VM_MODULES="tun veth dummy ifb llc stp bridge mrp garp 8021q macvlan ipvlan tap macvtap udp_tunnel ip6_udp_tunnel vxlan geneve tunnel4 ip_tunnel ipip sit gre ip_gre tunnel6 ip6_tunnel ip6_gre ip_vti vrf sch_fq sch_fq_codel sch_codel sch_prio sch_sfq sch_cake sch_netem sch_tbf sch_htb sch_ingress cls_matchall act_gact libcrc32c nfnetlink nf_tables"
	vm_boot
}
teardown_file() { vm_end; }

# same FILE: in tests/
same() {
	local rc=0
	LIMIT=3000 guest "cd /crfs && CRFS_IMPL=kernel CRFS_SLOW=10 TUNNELS=all bats --tap -T ${ONLY:+-f '$ONLY'} tests/$1 | tee /dev/ttyS0; exit \${PIPESTATUS[0]}" > "$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
	sed -n 's/^\(ok.* # skip\)/# \1/p' "$BATS_TEST_TMPDIR/out" >&3
	cat "$BATS_TEST_TMPDIR/out"
	console_clean
	[ $rc = 0 ]
}

@test "tests/020-life.bats" { same 020-life.bats; }
@test "tests/060-tcp.bats" { same 060-tcp.bats; }
@test "tests/res/ns/net_link.bats" { same res/ns/net_link.bats; }
@test "tests/res/ns/net_pair.bats" { same res/ns/net_pair.bats; }
@test "tests/res/ns/net_tc.bats" { same res/ns/net_tc.bats; }
