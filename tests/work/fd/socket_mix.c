// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets in random combinations: socket_mix SEED. Pairs of every type with random options, bytes on their way, halves
 * shut down, some with a child. Of each all is noted that can be asked: every option of every level by its number,
 * what poll(2) says, names, bytes that wait; it must be the same afterwards, and the bytes too.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/work/work.h"

#define PAIRS 24
#define OPTIONS 100

static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP };
#define LEVELS 5

/** struct note - of a socket; @len: of each option's value, -1: there is none */
struct note {
	int fd, type, domain;
	size_t sent;		/* bytes that wait in it, or messages of one byte more each */
	short events;
	int inq;
	struct sockaddr_storage name, peer;
	socklen_t name_len, peer_len;
	int len[LEVELS][OPTIONS];
	uint64_t value[LEVELS][OPTIONS];
};

static unsigned int state;

static unsigned int dice(unsigned int n)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % n;
}

/* What the kernel counts, measures or chooses itself, or tells once */
static bool changes(int level, int o)
{
	static const int socket_[] = { SO_ERROR, SO_INCOMING_CPU, SO_MEMINFO, SO_COOKIE, SO_INCOMING_NAPI_ID, 71,
				       SO_PEERCRED, SO_PEERNAME, SO_PEERSEC, 77, SO_SNDBUF, SO_RCVBUF, 0 };
	static const int tcp_[] = { TCP_INFO, TCP_QUICKACK, TCP_CC_INFO, TCP_TIMESTAMP, TCP_REPAIR_WINDOW,
				    TCP_ZEROCOPY_RECEIVE, TCP_CONGESTION, TCP_SAVED_SYN, TCP_ULP, TCP_QUEUE_SEQ,
				    TCP_WINDOW_CLAMP, TCP_MAXSEG, 0 };
	static const int ip_[] = { 14 /* IP_MTU */, 9 /* IP_PKTOPTIONS */, 0 };
	static const int ip6_[] = { IPV6_MTU, IPV6_PATHMTU, IPV6_2292PKTOPTIONS, 0 };
	const int *l = level == SOL_SOCKET ? socket_ : level == IPPROTO_TCP ? tcp_ : level == IPPROTO_IP ? ip_ : ip6_;

	while (*l && *l != o)
		l++;
	return *l;
}

/*
 * Of a stream groups are for nothing, and what was accepted has theirs from the packet of the other side;
 * IPV6_V6ONLY, and of a dead connection IP_PROTOCOL, which is the port, say whether bind(2) was called: that is lost.
 */
static bool of_groups(const struct note *n, int level, int o)
{
	if (n->type != SOCK_STREAM)
		return false;
	return level == IPPROTO_IP ? (o >= IP_MULTICAST_IF && o <= IP_MULTICAST_LOOP) || o == 52 /* IP_PROTOCOL */ :
	       level == IPPROTO_IPV6 && ((o >= IPV6_MULTICAST_IF && o <= IPV6_MULTICAST_LOOP) || o == IPV6_V6ONLY);
}

static void take_note(struct note *n)
{
	struct pollfd p = { n->fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };
	int i, o;

	for (i = 0; i < LEVELS; i++)
		for (o = 0; o < OPTIONS; o++) {
			unsigned char buf[64] = { 0 };
			socklen_t len = sizeof(buf);

			n->len[i][o] = -1;
			if (changes(levels[i], o) || of_groups(n, levels[i], o) ||
			    getsockopt(n->fd, levels[i], o, buf, &len) < 0)
				continue;
			n->len[i][o] = len;
			memcpy(&n->value[i][o], buf, 8);
		}
	poll(&p, 1, 0);
	n->events = p.revents;
	if (ioctl(n->fd, FIONREAD, &n->inq) < 0)
		n->inq = -1;
	n->name_len = sizeof(n->name);
	n->peer_len = sizeof(n->peer);
	CHECK(getsockname(n->fd, (void *)&n->name, &n->name_len) == 0);
	if (getpeername(n->fd, (void *)&n->peer, &n->peer_len) < 0)
		n->peer_len = 0;
}

static void same_note(const struct note *was, const struct note *is)
{
	int i, o;

	for (i = 0; i < LEVELS; i++)
		for (o = 0; o < OPTIONS; o++)
			if (was->len[i][o] != is->len[i][o] || was->value[i][o] != is->value[i][o])
				work_fail(__FILE__, __LINE__, "fd %d (domain %d, type %d): option %d of level %d is "
					  "%llx (%d), not %llx (%d)", was->fd, was->domain, was->type, o, levels[i],
					  (unsigned long long)is->value[i][o], is->len[i][o],
					  (unsigned long long)was->value[i][o], was->len[i][o]);
	CHECK_EQ(is->inq, was->inq);
	/* A stream's queue may take less of the other's buffer, as its bytes stand together. */
	CHECK_EQ(is->events & ~POLLOUT, was->events & ~POLLOUT);
	CHECK(is->name_len == was->name_len && !memcmp(&is->name, &was->name, is->name_len));
	CHECK(is->peer_len == was->peer_len && !memcmp(&is->peer, &was->peer, is->peer_len));
}

/* Options that go with everything, and whose values are small numbers */
static void turn(int fd, int domain, int type)
{
	static const struct { int level, option, values; } o[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 2 }, { SOL_SOCKET, SO_OOBINLINE, 2 }, { SOL_SOCKET, SO_PRIORITY, 7 },
		{ SOL_SOCKET, SO_MARK, 1000 }, { SOL_SOCKET, SO_RCVLOWAT, 3 }, { SOL_SOCKET, SO_PASSCRED, 2 },
		{ SOL_SOCKET, SO_TIMESTAMP, 2 }, { SOL_SOCKET, SO_TIMESTAMPNS, 2 }, { SOL_SOCKET, 63, 2 },
		{ SOL_SOCKET, 64, 2 }, { SOL_SOCKET, SO_BROADCAST, 2 }, { SOL_SOCKET, SO_SELECT_ERR_QUEUE, 2 },
		{ SOL_SOCKET, SO_RXQ_OVFL, 2 }, { SOL_SOCKET, SO_BUSY_POLL, 50 }, { SOL_SOCKET, 75, 2 },
		{ SOL_SOCKET, 74, 2 }, { SOL_SOCKET, SO_DONTROUTE, 2 }, { SOL_SOCKET, SO_MAX_PACING_RATE, 100000 },
		{ SOL_SOCKET, 69, 2 }, { SOL_SOCKET, 70, 5 }, { SOL_SOCKET, 82, 2 }, { SOL_SOCKET, 60, 2 },
		{ IPPROTO_IP, IP_TOS, 64 }, { IPPROTO_IP, IP_TTL, 200 }, { IPPROTO_IP, IP_RECVTOS, 2 },
		{ IPPROTO_IP, IP_RECVTTL, 2 }, { IPPROTO_IP, IP_RECVERR, 2 }, { IPPROTO_IP, IP_PKTINFO, 2 },
		{ IPPROTO_IP, IP_MTU_DISCOVER, 4 }, { IPPROTO_IP, IP_MINTTL, 2 }, { IPPROTO_IP, IP_FREEBIND, 2 },
		{ IPPROTO_IP, IP_MULTICAST_TTL, 9 }, { IPPROTO_IP, IP_MULTICAST_LOOP, 2 },
		{ IPPROTO_IP, IP_CHECKSUM, 2 }, { IPPROTO_IP, IP_RECVORIGDSTADDR, 2 },
		{ IPPROTO_IPV6, IPV6_TCLASS, 100 }, { IPPROTO_IPV6, IPV6_UNICAST_HOPS, 200 },
		{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 2 }, { IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 2 },
		{ IPPROTO_IPV6, IPV6_RECVTCLASS, 2 }, { IPPROTO_IPV6, IPV6_RECVERR, 2 },
		{ IPPROTO_IPV6, IPV6_DONTFRAG, 2 }, { IPPROTO_IPV6, IPV6_MTU_DISCOVER, 4 },
		{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 2 }, { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 9 },
		{ IPPROTO_IPV6, IPV6_MINHOPCOUNT, 2 }, { IPPROTO_IPV6, 33 /* IPV6_FLOWINFO_SEND */, 2 },
		{ IPPROTO_TCP, TCP_NODELAY, 2 }, { IPPROTO_TCP, TCP_KEEPIDLE, 99 }, { IPPROTO_TCP, TCP_KEEPINTVL, 99 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 9 }, { IPPROTO_TCP, TCP_SYNCNT, 9 }, { IPPROTO_TCP, TCP_LINGER2, 60 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 99999 }, { IPPROTO_TCP, TCP_NOTSENT_LOWAT, 99999 },
		{ IPPROTO_TCP, TCP_INQ, 2 }, { IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 2 },
		{ IPPROTO_UDP, 102 /* UDP_NO_CHECK6_RX */, 2 }, { IPPROTO_UDP, 104 /* UDP_GRO */, 2 },
	};
	unsigned int n = sizeof(o) / sizeof(o[0]), i = dice(n);
	int v = dice(o[i].values);

	if (o[i].level == IPPROTO_TCP && (domain == AF_UNIX || type != SOCK_STREAM))
		return;
	if (o[i].level == IPPROTO_UDP && (domain == AF_UNIX || type == SOCK_STREAM))
		return;
	if (o[i].level == SOL_SOCKET && o[i].option == SO_MAX_PACING_RATE)
		v += 1000;
	/* errors are not of interest: it has it then as before */
	setsockopt(fd, o[i].level, o[i].option, &v, sizeof(v));
}

static void loopback(int domain, struct sockaddr_in6 *a, socklen_t *len)
{
	memset(a, 0, sizeof(*a));
	a->sin6_family = domain;
	if (domain == AF_INET) {
		((struct sockaddr_in *)a)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*len = sizeof(struct sockaddr_in);
	} else {
		a->sin6_addr = in6addr_loopback;
		*len = sizeof(*a);
	}
}

/* Two sockets that talk with each other. */
static void join(int domain, int type, int s[2])
{
	struct sockaddr_in6 a, b;
	socklen_t len, blen;
	int l;

	if (domain == AF_UNIX) {
		CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
		return;
	}
	loopback(domain, &a, &len);
	l = socket(domain, type, 0);
	CHECK(l >= 0 && bind(l, (void *)&a, len) == 0 && getsockname(l, (void *)&a, &len) == 0);
	s[0] = socket(domain, type, 0);
	if (type == SOCK_STREAM) {
		CHECK(listen(l, 1) == 0 && connect(s[0], (void *)&a, len) == 0);
		s[1] = accept(l, NULL, NULL);
		CHECK(s[1] >= 0);
		close(l);
		return;
	}
	loopback(domain, &b, &blen);
	CHECK(bind(s[0], (void *)&b, blen) == 0 && getsockname(s[0], (void *)&b, &blen) == 0);
	CHECK(connect(s[0], (void *)&a, len) == 0 && connect(l, (void *)&b, blen) == 0);
	s[1] = l;
}

static size_t length(const struct note *n, size_t i)
{
	return n->type == SOCK_STREAM ? n->sent : i * 7 + 1;
}

static void feed(struct note *to, int from)
{
	char buf[4096];
	size_t i;

	to->sent = to->type == SOCK_STREAM ? dice(4096) : dice(9);
	work_fill(buf, sizeof(buf), to->fd);
	for (i = 0; i < (to->type == SOCK_STREAM ? to->sent != 0 : to->sent); i++)
		CHECK_EQ(send(from, buf, length(to, i), 0), length(to, i));
}

static void eat(const struct note *n)
{
	char buf[4096];
	size_t i;

	for (i = 0; i < (n->type == SOCK_STREAM ? n->sent != 0 : n->sent); i++) {
		CHECK_EQ(recv(n->fd, buf, sizeof(buf), MSG_DONTWAIT), length(n, i));
		CHECK(work_same(buf, length(n, i), n->fd));
	}
}

static struct note notes[PAIRS][2];

int main(int argc, char **argv)
{
	static const struct { int domain, type; } kinds[] = {
		{ AF_UNIX, SOCK_STREAM }, { AF_UNIX, SOCK_DGRAM }, { AF_UNIX, SOCK_SEQPACKET },
		{ AF_INET, SOCK_STREAM }, { AF_INET6, SOCK_STREAM }, { AF_INET, SOCK_DGRAM }, { AF_INET6, SOCK_DGRAM },
	};
	struct note now;
	int i, k, s[2];
	pid_t child;

	state = argc > 1 ? atoi(argv[1]) : 1;
	for (i = 0; i < PAIRS; i++) {
		unsigned int what = dice(sizeof(kinds) / sizeof(kinds[0]));

		join(kinds[what].domain, kinds[what].type, s);
		for (k = 0; k < 2; k++) {
			notes[i][k] = (struct note){ .fd = s[k], .type = kinds[what].type,
						     .domain = kinds[what].domain };
		}
		for (k = 0; k < 2; k++)
			feed(&notes[i][k], s[!k]);
		work_settle();
		for (k = dice(12); k; k--)
			turn(s[dice(2)], kinds[what].domain, kinds[what].type);
		if (!dice(3))
			shutdown(s[dice(2)], dice(3));
		if (!dice(6) && kinds[what].type != SOCK_DGRAM)
			shutdown(s[dice(2)], SHUT_WR);
	}
	work_settle();
	for (i = 0; i < 2 * PAIRS; i++)
		take_note(&notes[i / 2][i & 1]);
	child = work_fork();
	if (!child) {
		for (i = 0; i < PAIRS; i++)	/* it keeps one of each */
			close(notes[i][i & 1].fd);
		work_up();
		work_wait();
		_exit(0);
	}

	work_ready();

	for (i = 0; i < 2 * PAIRS; i++) {
		now = notes[i / 2][i & 1];
		take_note(&now);
		same_note(&notes[i / 2][i & 1], &now);
	}
	work_join(child, 0);
	for (i = 0; i < 2 * PAIRS; i++)
		if (!(notes[i / 2][i & 1].events & POLLRDHUP) || notes[i / 2][i & 1].domain != AF_UNIX)
			eat(&notes[i / 2][i & 1]);
	work_pass();
}
