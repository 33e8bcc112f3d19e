// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * So many sockets that they are not asked for every option one by one: each has one option of its own, or none, and
 * all the others as they are born.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define EACH 260
#define NR(a) (sizeof(a) / sizeof((a)[0]))

static const struct { int level, option, value; } opts[] = {
	{ SOL_SOCKET, SO_REUSEADDR, 1 }, { SOL_SOCKET, SO_KEEPALIVE, 1 }, { SOL_SOCKET, SO_PRIORITY, 5 },
	{ SOL_SOCKET, SO_MARK, 0x1000000 }, { SOL_SOCKET, SO_RCVLOWAT, 777 }, { SOL_SOCKET, SO_PASSCRED, 1 },
	{ SOL_SOCKET, SO_TIMESTAMP, 1 }, { SOL_SOCKET, SO_TIMESTAMPNS, 1 }, { SOL_SOCKET, SO_TIMESTAMPING, 16 },
	{ SOL_SOCKET, SO_OOBINLINE, 1 }, { SOL_SOCKET, SO_DONTROUTE, 1 }, { SOL_SOCKET, SO_BROADCAST, 1 },
	{ SOL_SOCKET, SO_DEBUG, 1 }, { SOL_SOCKET, SO_ZEROCOPY, 1 }, { SOL_SOCKET, SO_RXQ_OVFL, 1 },
	{ SOL_SOCKET, SO_BUSY_POLL, 0x20000 }, { SOL_SOCKET, SO_LOCK_FILTER, 1 },
	{ IPPROTO_IP, IP_TOS, 0x10 }, { IPPROTO_IP, IP_TTL, 3 }, { IPPROTO_IP, IP_FREEBIND, 1 },
	{ IPPROTO_IP, IP_TRANSPARENT, 1 }, { IPPROTO_IP, IP_RECVERR, 1 }, { IPPROTO_IP, IP_MTU_DISCOVER, 2 },
	{ IPPROTO_IP, IP_PKTINFO, 1 }, { IPPROTO_IP, IP_RECVTTL, 1 }, { IPPROTO_IP, IP_RECVTOS, 1 },
	{ IPPROTO_IP, IP_MINTTL, 200 }, { IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1 }, { IPPROTO_IP, IP_MULTICAST_TTL, 9 },
	{ IPPROTO_IP, IP_UNICAST_IF, 1 << 24 },
	{ IPPROTO_TCP, TCP_NODELAY, 1 }, { IPPROTO_TCP, TCP_KEEPIDLE, 4242 }, { IPPROTO_TCP, TCP_KEEPCNT, 99 },
	{ IPPROTO_TCP, TCP_SYNCNT, 3 }, { IPPROTO_TCP, TCP_USER_TIMEOUT, 70000 }, { IPPROTO_TCP, TCP_SAVE_SYN, 1 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, 70000 }, { IPPROTO_TCP, TCP_INQ, 1 }, { IPPROTO_TCP, TCP_LINGER2, 44 },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP, 1 << 20 }, { IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, 15 }, { IPPROTO_TCP, TCP_QUICKACK, 1 },
	{ IPPROTO_UDP, UDP_ENCAP, 0 }, { IPPROTO_UDP, UDP_SEGMENT, 1400 }, { IPPROTO_UDP, UDP_GRO, 1 },
};

static int *fds, *had;

static int get(int fd, size_t o)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(fd, opts[o].level, opts[o].option, &v, &len) ? -1 : v;
}

static void make(int i, int domain, int type)
{
	size_t o;

	fds[i] = socket(domain, type, 0);
	CHECK(fds[i] >= 0);
	o = i % (NR(opts) + 1);
	if (o < NR(opts))
		setsockopt(fds[i], opts[o].level, opts[o].option, &opts[o].value, sizeof(int));
	for (o = 0; o < NR(opts); o++)
		had[i * NR(opts) + o] = get(fds[i], o);
}

int main(void)
{
	static const int kinds[][2] = { { AF_INET, SOCK_STREAM }, { AF_INET6, SOCK_STREAM }, { AF_INET, SOCK_DGRAM },
					{ AF_UNIX, SOCK_STREAM }, { AF_UNIX, SOCK_DGRAM } };
	const int n = EACH * NR(kinds);
	struct rlimit rl;
	int i, other = 0;
	size_t o;

	CHECK(getrlimit(RLIMIT_NOFILE, &rl) == 0);
	rl.rlim_cur = rl.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	fds = calloc(n, sizeof(*fds));
	had = calloc(n * NR(opts), sizeof(*had));
	CHECK(fds && had);
	for (i = 0; i < n; i++)
		make(i, kinds[i / EACH][0], kinds[i / EACH][1]);
	for (i = 0; i < n; i++)
		for (o = 0; o < NR(opts); o++)
			other += had[i * NR(opts) + o] != had[(i / EACH * EACH + EACH - 1) * NR(opts) + o];
	CHECK(other > n / 2);

	work_ready();

	for (i = 0; i < n; i++)
		for (o = 0; o < NR(opts); o++)
			if (get(fds[i], o) != had[i * NR(opts) + o])
				work_fail(__FILE__, __LINE__, "socket %d, option %zu: %d, not %d", i, o, get(fds[i], o),
					  had[i * NR(opts) + o]);
	work_pass();
}
