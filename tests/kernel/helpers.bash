# SPDX-License-Identifier: GPL-2.0-or-later
# What the bats files of the kernel filesystem share: a guest for each file, driven over a serial line, and a look
# at its console, which fails the file that ran. KERNEL says which (6.1, 6.12, kasan).

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
KERNEL=${KERNEL:-6.12}
VM=$BATS_FILE_TMPDIR/vm
FILE=$(basename "$BATS_TEST_FILENAME" .bats)

# What a kernel says that has found something wrong with itself, KASAN's and lockdep's words among it
TROUBLE='WARNING:|BUG:|KASAN|UBSAN|Oops|Call Trace|general protection|leaked|scheduling while|possible circular|'
TROUBLE+='inconsistent lock state|suspicious RCU|recursive locking|unable to handle|Kernel panic|not tainted by|'
TROUBLE+='Redzone|Poison overwritten|Object already free|Objects remaining|bad unlock|Busy inodes|held lock freed|stack-protector'

# vm_boot [WORD..]: of the kernel's command line. MODULE: crfs-fault is that whose allocations can fail
vm_boot() {
	printf '%s\n' "$@" > "$BATS_FILE_TMPDIR/boot"
	VM_APPEND="${VM_APPEND:-} $*" "$REPO/tests/kernel/vm" start "$KERNEL" "$VM" && guest "insmod /mod/${MODULE:-crfs}.ko"
}

# What a test that has failed leaves behind is no fault of those after it: they get a new guest.
setup() {
	[ -e "$BATS_FILE_TMPDIR/failed" ] || return 0
	rm "$BATS_FILE_TMPDIR/failed"
	"$REPO/tests/kernel/vm" stop "$VM"
	mapfile -t words < "$BATS_FILE_TMPDIR/boot"
	vm_boot "${words[@]}"
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || [ -n "${BATS_TEST_SKIPPED:-}" ] || : > "$BATS_FILE_TMPDIR/failed"
}

vm_end() {
	local rc=0
	# What is left of memory that is freed after a grace period, and what a module's end would say of its caches
	guest 'wait_for() { for i in $(busybox seq 100); do "$@" && return; busybox sleep 0.1; done; false; }; wait_for rmmod crfs' || rc=1
	console_clean || rc=1
	mkdir -p "$REPO/build/log"
	cp "$VM/console" "$REPO/build/log/kernel-$KERNEL-$FILE.console"
	# What it has computed, which other load does not change
	awk -v name="$KERNEL:$FILE" '{ print name, ($14 + $15) / 100, "s" }' "/proc/$(cat "$VM/pid")/stat" >> "$REPO/build/log/kernel.seconds"
	"$REPO/tests/kernel/vm" stop "$VM"
	return $rc
}

# guest COMMAND: in it; its output and status. LIMIT: seconds that it may take, if the machine lets the guest run;
# what a machine takes away that is virtual itself is not seen, so that it is many
guest() {
	VM_LIMIT=${LIMIT:-900} "$REPO/tests/kernel/vm" run "$VM" "$1"
}

console_quiet() {
	! grep -aE "$TROUBLE" "$VM/console"
}

# Nothing on the console, and no taint by a warning (9), an oops (7), a bad page (5) or a lockup (14)
console_clean() {
	local tainted
	console_quiet || return 1
	tainted=$(guest 'cat /proc/sys/kernel/tainted') || return 1
	[ $((tainted & (1 << 9 | 1 << 7 | 1 << 5 | 1 << 14))) = 0 ] || { echo "tainted: $tainted"; return 1; }
}

# The words that say why the kernel filesystem refuses workload $1; nothing: it does not
refused() {
	local k w why
	while read -r k w why; do
		case $k in ''|'#'*) continue ;; esac
		# shellcheck disable=SC2254
		case $KERNEL:$1 in $k:$w) echo "${why#-}"; return ;; esac
	done < "$REPO/tests/kernel/refused"
}
