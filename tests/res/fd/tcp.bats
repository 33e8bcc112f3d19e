#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# TCP sockets: alone, in pairs, half closed, dead, with full queues; who is left outside is named.
load ../../helpers

@test "fd/tcp comes back" {
	roundtrip fd/tcp
}

@test "sockets that are not root's come back as theirs, and their port is shared with no other" {
	roundtrip fd/sock_owner
}

@test "urgent data comes back: not read, read, in line, sent and not received; nobody is told twice" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	roundtrip fd/tcp_urgent
}

@test "connections that are over tell the error that they had: refused, unreachable, timed out, reset, taken away" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in roundtrip fd/tcp_errors
}

# set_in FILE KEY VALUE
set_in() {
	grep -q "^$2 " "$1"
	sed -i "s|^$2 .*|$2 $3|" "$1"
}
# file_in STATE [REGEX]: the first file of a socket in that state, with such a line
file_in() {
	grep -lx "state $1" files/* | xargs grep -lE "${2:-^type tcp\$}" | sort -t/ -k2n | head -n 1
}

@test "bad trees are refused, each with its reason" {
	work_start fd/tcp small
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	cd "$T/base"
	est=$(file_in ESTABLISHED '^unread [1-9]')
	idle=$(file_in ESTABLISHED '^queues 0$')
	half=$(file_in FIN_WAIT2)
	dead=$(file_in CLOSE '^ended yes$')
	reset=$(file_in CLOSE '^ended error$')
	fresh=$(file_in CLOSE '^ended no$')
	full=$(file_in FIN_WAIT1)
	queue=inodes/$(sed -n 's/^queues //p' "$est")
	other=$(sed -n 's/^queues //p' "$half")
	wrong state "^EINVAL $est: line [0-9]+: " set_in "$est" state LISTEN
	wrong state_number "^EINVAL $est: a state or option" set_in "$est" state 77
	wrong ended "^EINVAL $est: it is not in CLOSE, and ended" set_in "$est" ended yes
	wrong error_of_none "^EINVAL $dead: an error of a connection that has none" bash -c "echo so_error 110 >> $dead"
	wrong no_error "^EINVAL $reset: an error that no connection" bash -c "echo so_error 5 >> $reset"
	wrong never_there "^EINVAL $reset: it has received something, and was" bash -c "echo connect_error 110 >> $reset"
	wrong dead_family "^EAFNOSUPPORT $dead: family 1" set_in "$dead" family 1
	wrong addr "^EINVAL $est: no address" set_in "$est" addr 127.0.0.01
	wrong addr_family "^EINVAL $est: no address" set_in "$est" addr ::1
	wrong peer "^EINVAL $est: no address" set_in "$est" peer 1.2.3
	wrong no_peer "^EINVAL $est: a connection without peer" set_in "$est" peer -
	wrong no_port "^EINVAL $est: a connection without ports" set_in "$est" port 0
	wrong port "^EINVAL $est: line [0-9]+: " set_in "$est" port 65536
	wrong gone "^EADDRNOTAVAIL $est: 192.0.2.1 is no address" set_in "$est" addr 192.0.2.1
	wrong snd_wnd "^EINVAL $est: snd_wnd is larger" set_in "$est" snd_wnd 4000000000
	wrong rcv_wup "^EINVAL $est: snd_wl1 or rcv_wup" set_in "$est" rcv_wup $((($(sed -n 's/^rcv_seq //p' "$est") + 9) % 4294967296))
	wrong wscale "^EINVAL $est: a window is scaled" set_in "$est" rcv_wscale 15
	wrong mss "^EINVAL $est: no mss" set_in "$est" mss 0
	wrong agreed "^EINVAL $est: line [0-9]+: " set_in "$est" agreed sack,timestamps
	wrong sndbuf "^EINVAL $est: no buffer" set_in "$est" sndbuf 4294967295
	wrong unread "^EINVAL $est: inodes/[0-9]+ has queues" set_in "$est" unread 1
	wrong unsent "^EINVAL $full: inodes/[0-9]+ has queues" set_in "$full" unsent 4294967295
	wrong no_queue "^EINVAL $idle: it has queues, and no inode" set_in "$idle" unsent 5
	wrong fresh_queue "^EINVAL $fresh: it has queues, but no connection" set_in "$fresh" unread 5
	wrong queue_gone "^EINVAL $est: inodes/99999 is not there" set_in "$est" queues 99999
	wrong queue_twice "^EINVAL $est: inodes/[0-9]+ is another socket's|^EINVAL $half: inodes/[0-9]+ is another" set_in "$est" queues "$other"
	wrong queue_size "^EINVAL $queue: recv has [0-9]+ bytes, status says 3" set_in "$queue/status" recv 3
	wrong queue_cut "^EINVAL $queue: recv has 10 bytes" truncate -s 10 "$queue/recv"
	wrong queue_missing "^EINVAL $queue: recv has 0 bytes" rm "$queue/recv"
	wrong snd_seq "^EINVAL files/[0-9]+: what it has sent" set_in "$idle" snd_seq $((($(sed -n 's/^snd_seq //p' "$idle") + 100000) % 4294967296))
	wrong congestion "^ENOENT $est: congestion control nosuch" set_in "$est" congestion nosuch
	adding() { sed -i "s/^option value\$/&\n$1/" "$est"; }
	wrong urgent_far "^EINVAL $est: urgent data stands behind all" adding 'urgent_waits 4000000000'
	wrong urgent_twice "^EINVAL $est: urgent data waits, and was taken" adding 'urgent_waits 0\nurgent_taken 0'
	wrong urgent_sent "^EINVAL $est: urgent data was sent that is not" adding 'urgent_sent 4000000000'
	wrong urgent_none "^EINVAL $est: urgent data was sent that is not" adding 'urgent_sent 0'
	wrong option "^EINVAL $est: option so_nosuch: unknown" sed -i 's/^option value$/&\nso_nosuch 1/' "$est"
	same() { set_in "$idle" addr "$(sed -n 's/^addr //p' "$1")"; set_in "$idle" port "$(sed -n 's/^port //p' "$1")"
		set_in "$idle" peer "$(sed -n 's/^peer //p' "$1")"; set_in "$idle" peer_port "$(sed -n 's/^peer_port //p' "$1")"; }
	wrong twice "^EINVAL files/[0-9]+: it is the same connection as files/[0-9]+" same "$est"
	cd /
	# The tree itself is good still, after all that.
	find "$T/mnt" -mindepth 1 -delete
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	thaw "$CG"
	work_verify
}

@test "a kernel without tcp_diag is named, and is not one without IPv6" {
	# What asks for TCP asks for a protocol of which there is no such module: the answer is the kernel's own.
	cc -shared -fPIC -x c -o "$T/no_diag.so" - <<-'END'
		#define _GNU_SOURCE
		#include <linux/inet_diag.h>
		#include <linux/netlink.h>
		#include <linux/sock_diag.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		ssize_t send(int fd, const void *buf, size_t n, int flags)
		{
			struct inet_diag_req_v2 *r = NLMSG_DATA((struct nlmsghdr *)buf);

			if (n == NLMSG_LENGTH(sizeof(*r)) && ((struct nlmsghdr *)buf)->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			    r->sdiag_protocol == 6)
				r->sdiag_protocol = 254;
			return syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
		}
	END
	work_start fd/tcp small
	freeze "$CG"
	mkdir "$T/there"
	echo "$T/there" >> "$T/mounts"
	( close_fds; LD_PRELOAD=$T/no_diag.so "$BIN/crfs" -o cgroup="$CG" "$T/there" ) < /dev/null > "$T/crfs.log" 2>&1
	cat "$T/there/unsupported"
	grep -q '^ENOENT files/[0-9]*: sock_diag of TCP sockets: modprobe tcp_diag' "$T/there/unsupported"
	[ "$(grep -c "outside the container" "$T/there/unsupported")" = 0 ]
	run cat "$T/there/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/there"
	thaw "$CG"
	work_verify
}

@test "so many that the kernel's memory is looked at: they look as when all are asked, and come back" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	cg_new crowd
	export CRFS_GO=$T/go
	start_in "$CG" python3 "$REPO/tests/apps/tcp_crowd.py"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	mkdir "$T/asked" "$T/looked" "$T/there"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf
		"$1" -o cgroup="$2" "$3" && cp -r "$3/files" "$3/inodes" "$4"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" "$T/asked" ) > "$T/asked.log" 2>&1 < /dev/null
	cr_mount "$CG" "$T/mnt"
	cp -r "$T/mnt/files" "$T/mnt/inodes" "$T/looked"
	[ "$(grep -h '^type tcp$' -r "$T/looked/files" | wc -l)" = 600 ]
	chmod -R u+w "$T/asked"
	sed -i 's/^mnt_ns 1$/mnt_ns 0/' "$T"/asked/files/[012]	# that other mount namespace
	diff -r "$T/asked" "$T/looked"
	cr_umount "$T/mnt"
	there_and_back
	work_verify
}

@test "full of tiny pieces: every byte comes back, once and in order" {
	work_start fd/tcp_tiny
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

@test "what comes while both ends are read is seen: it is named, and the next time all is well" {
	cc -shared -fPIC -x c -o "$T/comes.so" - <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		/* The kernel sends what the first end has still to send when the second is about to be read (TCP_REPAIR). */
		int setsockopt(int fd, int level, int option, const void *v, socklen_t len)
		{
			static int first = -1;

			if (level == 6 && option == 19 && *(const int *)v == 1 && !access(getenv("COMES"), F_OK)) {
				if (first >= 0 && !unlink(getenv("COMES")))
					syscall(SYS_sendto, first, "!", 1, 0, NULL, 0);
				else
					first = fcntl(fd, F_DUPFD_CLOEXEC, 900);
			}
			return syscall(SYS_setsockopt, fd, level, option, v, len);
		}
	END
	cg_new comes
	export CRFS_GO=$T/go
	start_in "$CG" python3 -c 'import os, socket, time
l = socket.create_server(("127.0.0.1", 0)); a = socket.create_connection(l.getsockname()); b = l.accept()[0]; l.close()
a.sendall(b"come"); print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]): time.sleep(0.05)
got = b.recv(100); a.sendall(b"again"); print("pass" if got == b"come!" and b.recv(100) == b"again" else got, flush=True)'
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	mkdir "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	: > "$T/comes"
	( close_fds; COMES=$T/comes LD_PRELOAD=$T/comes.so exec "$BIN/crfs" -f -o cgroup="$CG" "$T/mnt" ) < /dev/null > "$T/crfs.log" 2>&1 &
	echo $! >> "$T/pids"
	wait_for mountpoint -q "$T/mnt"
	cat "$T/mnt/unsupported"
	[ ! -e "$T/comes" ]
	grep -qE '^EAGAIN files/[0-9]+: packets have come while it and its peer were read: freeze it again' \
		"$T/mnt/unsupported"
	cr_umount "$T/mnt"
	there_and_back
	work_verify
}

@test "slow readers: full buffers stay full, and windows shut" {
	roundtrip fd/tcp_full
}
