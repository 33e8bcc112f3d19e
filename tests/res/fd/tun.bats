#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are the other end of a link.
load ../../helpers

@test "fd/tun comes back" {
	STARTER=start_net_in roundtrip fd/tun
}

@test "fd/tun_odd: what cannot be carried is named" {
	STARTER=start_net_in work_start fd/tun_odd
	nsenter -t "$PID" -n python3 - <<-'END' 3>&- 4>&- &
		import fcntl, struct, time
		f = open("/dev/net/tun", "r+b", buffering=0)
		fcntl.ioctl(f, 0x400454ca, struct.pack("16sH22x", b"o0", 0x1001))
		time.sleep(30)
	END
	echo $! >> "$T/pids"
	wait_for nsenter -t "$PID" -n sh -c 'grep -q o0 /proc/net/dev'
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^ENODATA files/[0-9]+: lost: packets of link w0 that wait to be read' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP files/[0-9]+: /dev/net/tun: it has a filter \(TUNATTACHFILTER\)' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP files/[0-9]+: /dev/net/tun: its link is of a type of its own' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP ns/net-1: link q0: of kind tun, and 1 of its queues are detached' "$T/mnt/unsupported"
	grep -qE '^EXDEV ns/net-1: link o0: of kind tun, and 1 of its 1 descriptors are outside' "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

# The network is that of whoever mounts: a link that stays is found again, one that does not is refused.
@test "fd/tun in the mounter's network" {
	ip tuntap help 2>&1 | grep -q Usage || skip "no ip(8)"
	unshare --net sleep 60 3>&- 4>&- &
	local net=$!
	echo "$net" >> "$T/pids"
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$net/ns/net ]"
	nsenter -t "$net" -n ip tuntap add s0 mode tap
	cat > "$T/hold" <<-'END'
		import fcntl, struct, sys, time
		f = open("/dev/net/tun", "r+b", buffering=0)
		fcntl.ioctl(f, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1002))
		print("has", flush=True)
		time.sleep(1000)
	END
	cg_new stays
	start_in "$CG" nsenter -t "$net" -n python3 "$T/hold" s0
	wait_for grep -q has "$T/work.log"
	mkdir -p "$T/box"
	printf '#!/bin/sh\nexec nsenter -t %s -n %s/crfs "$@"\n' "$net" "$BIN" > "$T/box/crfs"
	chmod +x "$T/box/crfs"
	BIN=$T/box
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	grep -q "s0" /proc/"$(head -n 1 "$CG/cgroup.procs")"/fdinfo/3
	cr_umount "$T/mnt"
	kill_all "$CG"
	nsenter -t "$net" -n ip tuntap del s0 mode tap
	cr_mount "$CG" "$T/mnt"
	not timeout 20 tar xf "$T/ckpt.tar" -C "$T/mnt" 2> /dev/null
	grep -qE '^ENODEV files/[0-9]+: link s0 is not here: make it' "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	LOG=$T/goes.log
	cg_new goes
	start_in "$CG" nsenter -t "$net" -n python3 "$T/hold" g0
	wait_for grep -q has "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "^EOPNOTSUPP files/[0-9]+: /dev/net/tun: its link is of the mounter's network" "$T/mnt/unsupported"
}
