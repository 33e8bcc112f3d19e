#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What of sockets cannot be carried is named, each with its line, and is still there afterwards.
load ../../helpers

# named ERRNO TEXT: a line of unsupported
named() {
	grep -qE "^$1 files/[0-9]+: .*$2" "$T/mnt/unsupported" || { echo "not named: $2"; return 1; }
}

@test "corked, told to many, with rings, eBPF, errors, messages: named, and unharmed" {
	work_start fd/sockets_refused
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	named EAGAIN 'corked'
	named ENODATA 'lost: an error that the program was not yet told of'
	named EBUSY 'an error waits in it before what it has received'
	named EOPNOTSUPP 'eBPF filter'
	[ ! -e /sys/kernel/btf/vmlinux ] || named ENODATA 'lost: the program that distributes over its group'
	named EOPNOTSUPP 'sent to a group'
	named EAGAIN 'netlink messages wait'
	named EOPNOTSUPP 'ring \(PACKET_MMAP, TPACKET_V1, 2 frames of 2048 bytes\): a task has mapped a part'
	named EOPNOTSUPP 'fanout group with a program'
	named EOPNOTSUPP 'vsock stream socket'
	named ENODATA 'lost: packets that wait'
	named EOPNOTSUPP 'urgent data \(MSG_OOB\) has come on a connection that is over'
	named EOPNOTSUPP 'a connection of 127.0.0.1 port [0-9]+ waits to be accepted, with urgent data'
	named EOPNOTSUPP 'its error queue \(MSG_ERRQUEUE\)'
	grep -q "^has" "$LOG"
	for kind in $(sed -n 's/^has //p' "$LOG"); do
		named EOPNOTSUPP "$kind"
	done
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "where the kernel's memory cannot be looked at, urgent data is named" {
	work_start fd/tcp_urgent
	freeze "$CG"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c '[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf
		mkdir "$3" && "$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" ) > "$T/named" < /dev/null
	cat "$T/named"
	[ "$(grep -c '^EOPNOTSUPP files/[0-9]*: urgent data (MSG_OOB) has come and was not read, and this kernel' \
		"$T/named")" = 7 ]
	thaw "$CG"
	work_verify
}

@test "where the kernel's memory cannot be looked at, errors of connections are named" {
	STARTER=start_net_in work_start fd/tcp_errors
	freeze "$CG"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c '[ ! -d /sys/kernel/btf ] || mount -t tmpfs none /sys/kernel/btf
		mkdir "$3" && "$1" -o cgroup="$2" "$3" && cat "$3/unsupported"; umount "$3"' _ "$BIN/crfs" "$CG" \
		"$T/there" ) > "$T/named" < /dev/null
	cat "$T/named"
	[ "$(grep -c '^ENODATA files/[0-9]*: lost: which error its connection has to tell: it becomes ECONNRESET' \
		"$T/named")" -ge 8 ]
	thaw "$CG"
	work_verify
}

@test "groups without end, who is closed, keys, what has fired, a file that is gone" {
	STARTER=start_net_in work_start fd/refused_more
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	named E2BIG 'the packet socket is in more groups than can be asked for'
	named E2BIG 'a multicast group with 300 sources: more than can be asked for'
	named EAGAIN '[0-9]+ bytes of 127.0.0.1 port [0-9]+, which is closed, are still on their way'
	! grep -q '^has.* usec' "$LOG" || named EOPNOTSUPP 'its timestamps count microseconds'
	! grep -q '^has signed' "$LOG" || named EOPNOTSUPP 'its connection with 127.0.0.1 port [0-9]+ is signed \(TCP_MD5SIG\)'
	if grep -q '^has signed' "$LOG" && [ -d /sys/kernel/btf ]; then
		named EOPNOTSUPP 'its connections are signed \(TCP_MD5SIG\), which cannot be carried'
	fi
	named ENODATA 'lost: item [0-9]+ has fired \(EPOLLONESHOT\) and is idle'
	named ENOENT 'the device file is gone: make it again'
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "a connection to somebody outside who has not accepted it yet" {
	cg_new waits
	port=$(free_port)
	export CRFS_GO=$T/go
	(close_fds; exec python3 -c 'import socket, sys, time
l = socket.create_server(("127.0.0.1", int(sys.argv[1]))); print("listening", flush=True); time.sleep(60)' "$port") \
		< /dev/null > "$T/outside.log" 2>&1 &
	echo $! >> "$T/pids"
	wait_for grep -qx listening "$T/outside.log"
	start_in "$CG" python3 -c 'import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); print("ready", flush=True); time.sleep(60)' "$port"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	named EOPNOTSUPP "its connection with 127.0.0.1 port $port waits to be accepted: let who listens there accept it"
}

@test "a kernel without packet_diag and unix_diag is named" {
	cc -shared -fPIC -x c -o "$T/no_diag.so" - <<-'END'
		#define _GNU_SOURCE
		#include <linux/netlink.h>
		#include <linux/sock_diag.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		ssize_t send(int fd, const void *buf, size_t n, int flags)
		{
			struct nlmsghdr *h = (void *)buf;
			struct sock_diag_req *r = NLMSG_DATA(h);

			/* a family that has nothing of the kind: the answer is the kernel's own */
			if (n >= sizeof(*h) + sizeof(*r) && h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			    (r->sdiag_family == AF_PACKET || r->sdiag_family == AF_UNIX))
				r->sdiag_family = 45;
			return syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
		}
	END
	cg_new diag
	start_in "$CG" python3 -c 'import socket, time
p = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); a, b = socket.socketpair()
l = socket.socket(socket.AF_UNIX); l.bind("\0crfs-%f" % time.time()); l.listen(1)
print("ready", flush=True); time.sleep(60)'
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	mkdir "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	( close_fds; LD_PRELOAD=$T/no_diag.so "$BIN/crfs" -o cgroup="$CG" "$T/mnt" ) < /dev/null > "$T/crfs.log" 2>&1
	cat "$T/mnt/unsupported"
	named ENOENT 'sock_diag of a packet socket: modprobe packet_diag'
	[ "$(grep -c '^ENOENT files/[0-9]*: sock_diag of a unix socket: modprobe unix_diag' "$T/mnt/unsupported")" -ge 3 ]
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
}

@test "accepted by fast open, and its handshake is not over" {
	command -v nft > /dev/null || skip "no nft(8)"
	cg_new fast
	export CRFS_GO=$T/go
	start_net_in "$CG" python3 "$REPO/tests/apps/tcp_fast.py"
	wait_for grep -qxE 'ready|.*Error.*' "$LOG"
	grep -qx 'state 3' "$LOG" || skip "no fast open here"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	named EAGAIN 'its handshake is not over \(state 3\): try again in a moment'
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "what this kernel may lack is named all the same: kTLS, TCP_AO, a link that belongs to a bond" {
	cc -shared -fPIC -x c -o "$T/fake.so" - <<-'END'
		#define _GNU_SOURCE
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		/* As kernels answer that have it: TCP_ULP of a socket that does TLS, TCP_AO_INFO of one with keys. */
		int getsockopt(int fd, int level, int option, void *v, socklen_t *len)
		{
			char cork[4];
			socklen_t n = sizeof(cork);

			/* the one that is corked, so that the others are asked as ever */
			if (level == 6 && (option == 31 || option == 40) &&
			    !syscall(SYS_getsockopt, fd, 6, 3, cork, &n) && *cork) {
				if (option == 31)
					strcpy(v, "tls");
				*len = option == 31 ? 4 : *len;
				return 0;
			}
			return syscall(SYS_getsockopt, fd, level, option, v, len);
		}

		/* IFLA_INFO_SLAVE_KIND */
		ssize_t recv(int fd, void *buf, size_t size, int flags)
		{
			static const char bridge[] = "\013\0\004\0bridge", bond[] = "\013\0\004\0bond\0";
			ssize_t n = syscall(SYS_recvfrom, fd, buf, size, flags, NULL, NULL);
			char *p = n > 0 && !(flags & MSG_TRUNC) ? memmem(buf, n, bridge, sizeof(bridge)) : NULL;

			if (p)
				memcpy(p, bond, sizeof(bond));
			return n;
		}
	END
	cg_new fake
	start_net_in "$CG" python3 -c 'import socket, subprocess, time
subprocess.call("ip link set lo up; ip link add br9 type bridge; ip link add v9 type veth peer name w9; ip link set v9 master br9", shell=True)
l = socket.create_server(("127.0.0.1", 0)); a = socket.create_connection(l.getsockname()); b = l.accept()[0]
a.setsockopt(6, socket.TCP_CORK, 1)
print("ready", flush=True); time.sleep(60)'
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	mkdir "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	( close_fds; LD_PRELOAD=$T/fake.so "$BIN/crfs" -o cgroup="$CG" "$T/mnt" ) < /dev/null > "$T/crfs.log" 2>&1
	cat "$T/mnt/unsupported"
	named EOPNOTSUPP 'the kernel does tls on it \(TCP_ULP\), which cannot be carried'
	named EOPNOTSUPP 'it is signed \(TCP_AO\), which cannot be carried'
	[ "$(grep -c 'TCP_ULP\|TCP_AO' "$T/mnt/unsupported")" = 2 ]
	if nsenter --net="/proc/$PID/ns/net" ip link show dev v9 2> /dev/null | grep -q br9; then
		grep -q '^EOPNOTSUPP ns/net-[0-9]*: link v9: it belongs to another link (bond), which cannot be carried' \
			"$T/mnt/unsupported"
	fi
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
}

@test "a socket of AF_ALG, which this kernel may lack, is named by its kind" {
	cc -shared -fPIC -x c -o "$T/alg.so" - <<-'END'
		#define _GNU_SOURCE
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>

		/* SO_DOMAIN of a vsock socket: that of AF_ALG */
		int getsockopt(int fd, int level, int option, void *v, socklen_t *len)
		{
			int rc = syscall(SYS_getsockopt, fd, level, option, v, len);

			if (!rc && level == SOL_SOCKET && option == SO_DOMAIN && *(int *)v == AF_VSOCK)
				*(int *)v = AF_ALG;
			return rc;
		}
	END
	cg_new alg
	start_in "$CG" python3 -c 'import socket, time
s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
print("ready", flush=True); time.sleep(60)'
	wait_for grep -qxE 'ready|.*Error.*' "$LOG"
	grep -qx ready "$LOG" || skip "no vsock here"
	freeze "$CG"
	mkdir "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	( close_fds; LD_PRELOAD=$T/alg.so "$BIN/crfs" -o cgroup="$CG" "$T/mnt" ) < /dev/null > "$T/crfs.log" 2>&1
	cat "$T/mnt/unsupported"
	named EOPNOTSUPP 'socket:.*: a not listening crypto stream socket cannot be carried yet: let the program close it'
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
}
