// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues that are full, of senders that are nowhere near, behind a device; UDP_GRO; one socket that
 * has what another would get now.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static struct sockaddr_in at(const char *ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	CHECK(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
	return a;
}

static void set(int fd, int level, int option, int v)
{
	CHECK(setsockopt(fd, level, option, &v, sizeof(v)) == 0);
}

static int bound(const char *ip, int port, bool reuse)
{
	struct sockaddr_in a = at(ip, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (reuse)
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK(fd >= 0 && bind(fd, (void *)&a, sizeof(a)) == 0);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	CHECK(getsockname(fd, (void *)&a, &len) == 0);
	return ntohs(a.sin_port);
}

/* From an address that is not ours. */
static void forge(const char *from, int from_port, int port, const char *what)
{
	struct {
		struct ip ip;
		struct udphdr udp;
		char data[64];
	} p = { .ip = { .ip_v = 4, .ip_hl = 5, .ip_ttl = 51, .ip_p = IPPROTO_UDP } };
	struct sockaddr_in to = at("127.0.0.1", 0), a = at(from, 0);
	size_t n = strlen(what);
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (raw < 0)
		work_skip("no raw socket");
	p.ip.ip_src = a.sin_addr;
	p.ip.ip_dst = to.sin_addr;
	p.udp.source = htons(from_port);
	p.udp.dest = htons(port);
	p.udp.len = htons(n + 8);
	memcpy(p.data, what, n);
	CHECK(sendto(raw, &p, 28 + n, 0, (void *)&to, sizeof(to)) == (ssize_t)(28 + n));
	close(raw);
}

static void expect(int fd, const char *what, const char *ip)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	char buf[64] = "";

	CHECK(recvfrom(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT, (void *)&a, &len) >= 0);
	CHECK_STR(buf, what);
	CHECK_STR(inet_ntoa(a.sin_addr), ip);
}

/* So many that to look at them takes a while. */
static void many(int n)
{
	int fd = bound("127.0.0.1", 0, false), from = bound("127.0.0.3", 0, false), i, got = -1;
	struct sockaddr_in a = at("127.0.0.1", port_of(fd));
	socklen_t len = sizeof(got);

	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, n * 1000);
	for (i = 0; i < n; i++)
		CHECK(sendto(from, &i, sizeof(i), 0, (void *)&a, sizeof(a)) == sizeof(i));
	work_settle();
	work_ready();
	CHECK(getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &i, &len) == 0);
	CHECK_EQ(i, -1);
	CHECK(getsockopt(fd, IPPROTO_IP, IP_RECVTTL, &i, &len) == 0);
	CHECK_EQ(i, 0);
	for (i = 0; i < n; i++) {
		CHECK(recv(fd, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got));
		CHECK_EQ(got, i);
	}
	work_pass();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		many(atoi(argv[1]));
	int far = bound("127.0.0.1", 0, false), full = bound("127.0.0.1", 0, false);
	int dev = socket(AF_INET, SOCK_DGRAM, 0), from = bound("127.0.0.3", 0, false), gro, i, n = 0, k;
	int one, two, special, six = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in a = at("127.0.0.1", port_of(full));
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(a6);
	int most = bound("127.0.0.1", 0, false);
	static char large[65536], got[65536];
	char buf[4000];

	forge("203.0.113.9", 53, port_of(far), "answer");
	forge("198.51.100.1", 54, port_of(far), "other");
	/* until it takes no more */
	set(full, SOL_SOCKET, SO_RCVBUF, 20000);
	for (i = 0; i < 300; i++) {
		snprintf(buf, sizeof(buf), "%d", i);
		CHECK(sendto(from, buf, strlen(buf), 0, (void *)&a, sizeof(a)) > 0);
	}
	set(dev, SOL_SOCKET, SO_BINDTOIFINDEX, if_nametoindex("lo"));
	a = at("0.0.0.0", 0);
	CHECK(bind(dev, (void *)&a, sizeof(a)) == 0);
	a = at("127.0.0.1", port_of(dev));
	CHECK(sendto(from, "dev", 3, 0, (void *)&a, sizeof(a)) == 3);
	/* three in one */
	gro = bound("127.0.0.1", 0, false);
	set(gro, IPPROTO_UDP, UDP_GRO, 1);
	k = bound("127.0.0.4", 0, false);
	set(k, IPPROTO_UDP, UDP_SEGMENT, 1000);
	memset(buf, 'g', sizeof(buf));
	a = at("127.0.0.1", port_of(gro));
	CHECK(sendto(k, buf, 2500, 0, (void *)&a, sizeof(a)) == 2500);
	/* of one port: everywhere, twice, and on one address */
	one = bound("0.0.0.0", 0, true);
	a = at("127.0.0.1", port_of(one));
	CHECK(sendto(from, "one", 3, 0, (void *)&a, sizeof(a)) == 3);
	work_settle();
	two = bound("0.0.0.0", port_of(one), true);
	CHECK(sendto(from, "two", 3, 0, (void *)&a, sizeof(a)) == 3);
	work_settle();
	special = bound("127.0.0.1", port_of(one), true);
	CHECK(sendto(from, "special", 7, 0, (void *)&a, sizeof(a)) == 7);
	/* of an interface, as IPv6 always knows */
	CHECK(bind(six, (void *)&a6, sizeof(a6)) == 0 && getsockname(six, (void *)&a6, &len) == 0);
	set(six, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	CHECK(sendto(six, "six", 3, 0, (void *)&a6, sizeof(a6)) == 3);
	/* as large as can be */
	work_fill(large, sizeof(large), 3);
	CHECK(sendto(six, large, 65527, 0, (void *)&a6, sizeof(a6)) == 65527);
	a = at("127.0.0.1", port_of(most));
	CHECK(sendto(from, large, 65507, 0, (void *)&a, sizeof(a)) == 65507);
	work_settle();

	work_ready();

	expect(far, "answer", "203.0.113.9");
	expect(far, "other", "198.51.100.1");
	while (recv(full, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		CHECK_EQ(atoi(buf), n++);
	CHECK(n > 5 && n < 300);
	expect(dev, "dev", "127.0.0.3");
	for (i = 0; i < 2500;) {
		n = recv(gro, buf, sizeof(buf), MSG_DONTWAIT);
		CHECK(n == 2500 || n == 1000 || n == 500);
		i += n;
	}
	expect(one, "one", "127.0.0.3");
	expect(two, "two", "127.0.0.3");
	expect(special, "special", "127.0.0.3");
	CHECK(recv(one, buf, 1, MSG_DONTWAIT) < 0 && recv(two, buf, 1, MSG_DONTWAIT) < 0);
	CHECK(recv(six, buf, 9, MSG_DONTWAIT) == 3 && !memcmp(buf, "six", 3));
	work_fill(large, sizeof(large), 3);
	CHECK_EQ(recv(six, got, sizeof(got), MSG_DONTWAIT), 65527);
	CHECK(!memcmp(got, large, 65527));
	CHECK_EQ(recv(most, got, sizeof(got), MSG_DONTWAIT), 65507);
	CHECK(!memcmp(got, large, 65507));
	work_pass();
}
