#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings of packet sockets (PACKET_MMAP).
load ../../helpers

# ring_of VERSION BLOCKS SIZE SCRIPT: python with a ring `p`, its `size`, and a way to send; ready, then as told
ring_of() {
	cat > "$T/ring.py" <<-'END'
		import ctypes, mmap, os, socket, struct, sys, time
		SOL, RX, VERSION, TYPE = 263, 5, 10, 0x9300
		version, blocks, size = (int(a) for a in sys.argv[1:4])
		p = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
		p.setsockopt(SOL, VERSION, version)
		p.setsockopt(SOL, RX, struct.pack("7I", size, blocks, 2048, size // 2048 * blocks, 1 if version == 2 else 0, 0, 0))
		size *= blocks
		out = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
		def send():
		    out.sendto(b"packet", ("lo", TYPE, 0, 0, b"\0" * 6))
		def ready():
		    print("ready", flush=True)
		    while not os.path.exists(os.environ["CRFS_GO"]):
		        time.sleep(0.01)
	END
	cat >> "$T/ring.py"
	[ -z "${LOG:-}" ] || : > "$LOG"
	cg_new ring
	export CRFS_GO=$T/go
	# shellcheck disable=SC2016
	start_net_in "$CG" bash -c 'ip link set lo up && exec python3 "$@"' _ "$T/ring.py" "$1" "$2" "$3"
	wait_for grep -qxE 'ready|.*Error.*' "$LOG"
	freeze "$CG"
}

# named ERRNO TEXT: a line of unsupported, and there is no manifest
named() {
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "^$1 $2" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
}

@test "inode/packet_ring comes back" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in roundtrip inode/packet_ring
}

@test "it comes back from a failed restore, too" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in work_start inode/packet_ring
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	cd "$T/base"
	# that of TPACKET_V1
	# shellcheck disable=SC2046
	f=$(grep -L '^packet_version ' $(grep -l '^packet_ring ' files/*))
	n=inodes/$(sed -n 's/^packet_ring //p' "$f")
	b=$(grep -l '^rx 8192 4 ' inodes/*/status)
	wrong head "^EINVAL $n: row 1: there is no such ring of a socket of TPACKET_V1" sed -i 's/^\(rx .* 0x0\) [0-9]* 0$/\1 8 0/' "$n/status"
	wrong frames "^EINVAL $n: row 1: there is no such ring" sed -i 's/^rx 4096 2 1024 8 /rx 4096 2 1024 7 /' "$n/status"
	wrong kind "^EINVAL $n: row 1: there is no such ring" sed -i 's/^rx 4096 2 1024 8 0/rx 4096 2 1024 8 1/' "$n/status"
	wrong seq "^EINVAL ${b%/status}: row 1: there is no such ring of a socket of TPACKET_V3" sed -i 's/^\(rx .* 0x1\) [0-9]* /\1 4 /' "$b"
	wrong size "^EINVAL $n: data has 8192 bytes, its rings have 12288" sed -i 's/^rx 4096 2 1024 8 /rx 4096 3 1024 12 /' "$n/status"
	wrong data "^EINVAL $n: data has 4096 bytes" truncate -s 4096 "$n/data"
	wrong none "^EINVAL $f: inodes/4711 is not there as its rings" sed -i 's/^packet_ring .*/packet_ring 4711/' "$f"
	wrong nobody "^EINVAL $n: rings of no socket" sed -i '/^packet_ring/d' "$f"
	wrong part "^EINVAL mms/[0-9]+/maps: .*not the whole of the rings" \
		sed -i "s/ 0x0 ${n#*/} -\$/ 0x1000 ${n#*/} -/" mms/1/maps
	wrong down "^ENETDOWN .*bringing the kernel to (frame|block) [0-9]+ of its ring, over lo" \
		sed -i '0,/^up 1$/s//up 0/' ns/net-*
	find "$T/mnt" -mindepth 1 -delete
	timeout -k 5 120 tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "where the kernel's memory cannot be looked at, they are named" {
	STARTER=start_net_in work_start inode/packet_ring
	freeze "$CG"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c '[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf
		mkdir "$3" && "$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" ) > "$T/named" < /dev/null
	cat "$T/named"
	[ "$(grep -cE '^EOPNOTSUPP files/[0-9]*: the packet socket has (a ring|two rings) \(PACKET_MMAP, TPACKET_V[123], [0-9]+ frames of [0-9]+ bytes\): only the kernel' \
		"$T/named")" = 11 ]
	thaw "$CG"
	work_verify
}

@test "a copy of a ring, a part of one, and one whose socket no task has are named" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	ring_of 1 2 4096 <<-'END'
		m = mmap.mmap(p.fileno(), size, mmap.MAP_PRIVATE)
		ready()
	END
	named EOPNOTSUPP 'files/[0-9]+: the packet socket has a ring \(PACKET_MMAP, TPACKET_V2, 4 frames of 2048 bytes\): a task has mapped a part of it, or a copy'
	kill_all "$CG"
	ring_of 1 2 4096 <<-'END'
		m = mmap.mmap(p.fileno(), size)
		at = ctypes.addressof(ctypes.c_char.from_buffer(m))
		assert ctypes.CDLL(None).munmap(ctypes.c_void_p(at + 4096), 4096) == 0
		ready()
	END
	named EOPNOTSUPP 'files/[0-9]+: the packet socket has a ring .*: a task has mapped a part of it, or a copy'
	kill_all "$CG"
	ring_of 1 2 4096 <<-'END'
		libc = ctypes.CDLL(None)
		libc.mmap.restype = ctypes.c_void_p
		assert libc.mmap(None, size, 3, 1, p.fileno(), ctypes.c_long(0)) != 2 ** 64 - 1
		p.close()
		ready()
	END
	named EOPNOTSUPP 'inodes/[0-9]+: a socket is mapped that no task has open'
}

@test "blocks that are many and large: their numbers are lost, and go on from others" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	ring_of 2 2 16777216 <<-'END'
		m = mmap.mmap(p.fileno(), size)
		p.bind(("lo", TYPE))
		seq = at = 0
		def next():
		    global seq, at
		    send()
		    while not m[at + 8] & 1:
		        time.sleep(0.001)
		    seq = struct.unpack_from("Q", m, at + 24)[0]
		    m[at + 8] = 0
		    at = 16777216 - at
		while seq < 70:
		    next()
		time.sleep(0.1)
		ready()
		next()
		print("seq", seq, flush=True)
		next()
		print("seq", seq, flush=True)
		print("pass", flush=True)
	END
	named ENODATA 'files/[0-9]+: lost: the numbers of the blocks of its ring: they go on from 3, not from 71'
	cr_mount "$CG" "$T/mnt" lossy
	timeout -k 5 120 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt" lossy
	timeout -k 5 120 tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	touch "$T/go"
	wait_for grep -qx pass "$LOG"
	grep -qx 'seq 3' "$LOG"
	grep -qx 'seq 4' "$LOG"
}

@test "frames on their way out are counted" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	ring_of 1 2 4096 <<-'END'
		t = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
		t.setsockopt(SOL, VERSION, 1)
		t.setsockopt(SOL, 13, struct.pack("7I", 4096, 1, 2048, 2, 0, 0, 0))
		m = mmap.mmap(t.fileno(), 4096)
		# a queue that lets nothing out for a long time
		if os.system("tc qdisc add dev lo root tbf rate 8bit burst 64 latency 4000s 2>&1"):
		    print("Error: no tbf", flush=True)
		for i in range(2):
		    struct.pack_into("II", m, 2048 * i, 1, 60)
		t.sendto(b"", socket.MSG_DONTWAIT, ("lo", TYPE, 0, 0, b"\0" * 6))
		print("status", struct.unpack_from("I", m)[0], struct.unpack_from("I", m, 2048)[0], flush=True)
		ready()
	END
	if grep -q "^Error: no tbf" "$LOG"; then skip "no tbf"; fi
	cat "$LOG"
	named EAGAIN 'files/[0-9]+: the packet socket has a ring \(PACKET_MMAP, TPACKET_V2, 2 frames of 2048 bytes\): 1 frames are on their way out'
}
