#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Trees with unix sockets, changed at random but with right digests: refused with a reason, or made, never half.
load helpers

# change SEED: one field of one unix socket or queue in $T/tree gets another value; says which
change() {
	python3 - "$1" "$T/tree" <<-'END'
	import glob, random, re, sys
	r = random.Random(int(sys.argv[1]))
	files = [f for f in glob.glob(sys.argv[2] + "/files/*") + glob.glob(sys.argv[2] + "/inodes/*/status")
	         if open(f).read().startswith("type unix")]
	for n in range(r.choice((1, 1, 1, 2, 3))):
	    f = r.choice(sorted(files))
	    text = open(f).read()
	    words = [m for m in re.finditer(r"(?<=[ \n])(\d+|-1|none|peer|gone|waits|stream|dgram|seqpacket|-)(?=[ \n,])", text)
	             if not text[:m.start()].endswith(("\npath ", "\nname ", "from "))]
	    m = r.choice(words)
	    old = m.group()
	    if old in ("none", "peer", "gone", "waits"):
	        new = r.choice(("none", "peer", "gone", "waits"))
	    elif old in ("stream", "dgram", "seqpacket"):
	        new = r.choice(("stream", "dgram", "seqpacket"))
	    elif old == "-":
	        new = "read,write" if text[:m.start()].endswith("shutdown ") else "3"
	    else:
	        new = str(r.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, int(old) + 1, 255, 65535, 4294967295)))
	    open(f, "w").write(text[:m.start()] + new + text[m.end():])
	    print(f[len(sys.argv[2]) + 1:], text[:m.start()].split("\n")[-1] + old, "->", new)
	END
}

# rounds N WORKLOAD KIND: after each the daemon is there, and a container or none
rounds() {
	local i made=0 refused=0
	work_start "$2" "$3"
	checkpoint "$T/ckpt.tar"
	cr_daemon "$CG" "$T/mnt"
	for ((i = 0; i < $1; i++)); do
		rm -rf "$T/tree"
		mkdir "$T/tree"
		tar xf "$T/ckpt.tar" -C "$T/tree"
		chmod -R u+w "$T/tree"
		echo "round $i: $(change "$i" | tr '\n' ';')"
		remanifest "$T/tree"
		if tar cf - -C "$T/tree" . | timeout -k 5 30 tar xf - -C "$T/mnt" 2> "$T/tar.err"; then
			[ "$(crfs_state "$T/mnt")" = frozen ]
			made=$((made + 1))
			kill_all "$CG"
			wait_for eval '[ "$(crfs_state "$T/mnt")" = staging ]'
		else
			cat "$T/mnt/.crfs/error"
			grep -qE '^E[A-Z0-9]+ [^ :]+: [^ ].*' "$T/mnt/.crfs/error"
			cg_empty "$CG"
			refused=$((refused + 1))
			find "$T/mnt" -mindepth 1 -delete
		fi
		[ -d "/proc/$DAEMON" ]
		[ -z "$(cat "/proc/$DAEMON"/task/*/children)" ]
	done
	echo "$made made, $refused refused"
	[ "$refused" -gt 0 ]
	# After all that the good one comes back.
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "queues with descriptors in flight, changed at random" {
	rounds "${ROUNDS:-10}" inode/unix_queue fds
}

@test "connections, changed at random" {
	rounds "${ROUNDS:-10}" fd/unix connections
}

@test "datagram sockets, changed at random" {
	rounds "${ROUNDS:-10}" fd/unix dgram
}

@test "urgent data, changed at random" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	rounds "${ROUNDS:-10}" fd/unix_urgent ""
}
