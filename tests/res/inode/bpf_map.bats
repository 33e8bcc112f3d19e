#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# BPF maps that cannot be carried, and trees with maps that cannot be.
load ../../helpers

@test "inode/bpf_map: what cannot be carried is named" {
	work_start inode/bpf_map
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: anon_inode:bpf-map: program [0-9]+ uses it' "$T/mnt/unsupported"
	[ "$(grep -cE '^EOPNOTSUPP files/[0-9]+: anon_inode:bpf-map: of a kind that cannot be carried' "$T/mnt/unsupported")" = 2 ]
	grep -qE '^EOPNOTSUPP files/[0-9]+: anon_inode:bpf-map: with timers, locks or pointers among its types' "$T/mnt/unsupported"
	grep -qE '^E2BIG files/[0-9]+: anon_inode:bpf-map: its entries cannot be read' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP mms/[0-9]+: mapping .*bpf-map: memory of a kernel object' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP files/[0-9]+: anon_inode:bpf-prog cannot be carried' "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "inode/bpf_map: one that somebody outside has" {
	work_start fd/bpf_map
	python3 - "$PID" "$T/other" <<-'END' 3>&- 4>&- &
		import ctypes, os, sys, time
		libc = ctypes.CDLL(None)
		fd = os.pidfd_open(int(sys.argv[1]))
		link = lambda n: os.readlink(f"/proc/{sys.argv[1]}/fd/{n}")
		n = next(n for n in os.listdir(f"/proc/{sys.argv[1]}/fd") if link(n) == "anon_inode:bpf-map")
		mine = libc.syscall(438, fd, int(n), 0)
		info = open(f"/proc/self/fdinfo/{mine}").read()
		id = int(info.split("map_id:")[1].split()[0])
		attr = (ctypes.c_uint32 * 32)(id)
		assert libc.syscall(321, 14, attr, 128) >= 0
		os.close(mine)
		open(sys.argv[2], "w").close()
		time.sleep(60)
	END
	echo $! >> "$T/pids"
	wait_for test -e "$T/other"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: anon_inode:bpf-map: process [0-9]+ outside the container has it, too' "$T/mnt/unsupported"
	thaw "$CG"
	work_verify
}

@test "inode/bpf_map: trees with maps that cannot be" {
	work_start fd/bpf_map
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	for e in 's/^entries .*/entries 4000/' 's/^kind .*/kind 14/' 's/^key_size .*/key_size 3/' 's/^value_size .*/value_size 9/' \
		's/^max_entries .*/max_entries 0/' 's/^cpus .*/cpus 4000000000/' 's/^name .*/name 0123456789abcdefg/' \
		's/^flags .*/flags 0x80000000/' 's/^btf_value .*/btf_value 3/'; do
		rm -rf "$T/tree"
		mkdir "$T/tree"
		tar xf "$T/ckpt.tar" -C "$T/tree"
		chmod -R u+w "$T/tree"
		f=$(grep -l '^name a_hash' "$T"/tree/inodes/*/status)
		sed -i "$e" "$f"
		remanifest "$T/tree"
		if tar cf - -C "$T/tree" . | timeout -k 5 30 tar xf - -C "$T/mnt" 2> /dev/null; then return 1; fi
		cat "$T/mnt/.crfs/error"
		grep -qE '^EINVAL inodes/[0-9]+: (there is no such BPF map|data has)' "$T/mnt/.crfs/error" || { echo "$e"; return 1; }
		cg_empty "$CG"
		find "$T/mnt" -mindepth 1 -delete
	done
}
