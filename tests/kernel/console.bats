#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the kernel filesystem see what a kernel complains of: a line on the console fails the file that
# ran, and a guest that stands or dies is no test that passed.
bats_require_minimum_version 1.5.0
load helpers

# What kernels of both versions, lockdep, KASAN and SLUB begin with
REPORTS='WARNING: CPU: 0 PID: 77 at fs/read_write.c:414 __kernel_read+0x1b/0x20
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
WARNING: bad unlock balance detected!
BUG: KASAN: slab-use-after-free in gen_put+0x12/0x40
BUG: sleeping function called from invalid context at mm/slub.c:1
BUG: scheduling while atomic: tar/77/0x00000002
BUG: unable to handle page fault for address: 0000000000001000
BUG: kernel NULL pointer dereference, address: 0000000000000010
BUG: Bad page state in process tar  pfn:01234
BUG kmalloc-64 (Tainted: G O): Left Redzone overwritten
BUG kmalloc-64 (Not tainted): Poison overwritten
BUG kmalloc-64 (Not tainted): Objects remaining in kmalloc-64 on __kmem_cache_shutdown()
UBSAN: array-index-out-of-bounds in fs/crfs/file.c:1:2
general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
Oops: 0000 [#1] PREEMPT SMP NOPTI
Call Trace:
Kernel panic - not syncing: Fatal exception'

teardown() {
	"$REPO/tests/kernel/vm" stop "$VM"
}

boot() {
	VM=$BATS_TEST_TMPDIR/vm
	vm_boot
}

@test "the words of every kind of report are known, and others are none" {
	local line
	VM=$BATS_TEST_TMPDIR
	while IFS= read -r line; do
		printf '[    1.0] %s\n' "boot" "$line" "more" > "$VM/console"
		if console_quiet > /dev/null; then
			echo "not seen: $line"
			return 1
		fi
	done <<< "$REPORTS"
	printf '[    1.0] crfs: loading out-of-tree module taints kernel.\n' > "$VM/console"
	console_quiet
}

# file COMMAND: a file with one test, which runs it in the guest and passes
file() {
	printf '%s\n' "load $REPO/tests/kernel/helpers" 'setup_file() { vm_boot; }' 'teardown_file() { vm_end; }' \
		"@""test \"one\" { guest '$1'; }" > "$BATS_TEST_TMPDIR/file.bats"
	bats --tap "$BATS_TEST_TMPDIR/file.bats" > "$BATS_TEST_TMPDIR/out" 2>&1
}

@test "a file whose tests pass passes" {
	file true || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
}

@test "a file whose tests pass, with a warning on the console, fails" {
	run ! file 'echo "<4>WARNING: CPU: 0 PID: 77 at fs/crfs/file.c:1" > /dev/kmsg'
	grep -q '^ok 1 one' "$BATS_TEST_TMPDIR/out"
	grep -q '^not ok' "$BATS_TEST_TMPDIR/out"
	grep -q '# .*WARNING: CPU: 0 PID: 77' "$BATS_TEST_TMPDIR/out"
}

@test "a taint without a word fails it, too" {
	run ! file 'echo 512 > /proc/sys/kernel/tainted'
	grep -q '^ok 1 one' "$BATS_TEST_TMPDIR/out"
	grep -q '# tainted: ' "$BATS_TEST_TMPDIR/out"
}

@test "a module that something holds at the end fails it" {
	run ! file 'mount -t crfs -o cgroup=/sys/fs/cgroup none /mnt'
	grep -q '^ok 1 one' "$BATS_TEST_TMPDIR/out"
	grep -q '^not ok' "$BATS_TEST_TMPDIR/out"
}

@test "a guest that hangs is said to, with its console" {
	boot
	LIMIT=2 run -124 guest 'echo "<4>the last words" > /dev/kmsg; while :; do :; done'
	[[ $output = *"no answer in 2 s"*"the last words"* ]]
}

@test "a guest that dies is said to, with its console" {
	boot
	run -124 guest 'echo c > /proc/sysrq-trigger'
	[[ $output = *"it has ended"*"Kernel panic"* ]]
	run ! console_quiet
}
