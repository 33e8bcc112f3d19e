// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets of all kinds in the second of two network namespaces, with the same addresses and names as in the first; and
 * one that the second process has and that is in the first.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/work/work.h"

#define PORT 80

/** struct here - what each of the two has; @who: what its bytes are made of */
struct here {
	int who;
	int listener, conn, accepted, queued, udp, from, unix_listener, unix_conn, unix_accepted, dgram, sender, raw,
		packet, netlink, pair[2];
};

static struct sockaddr_in in4(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001) };
}

static socklen_t abstract(struct sockaddr_un *a, const char *name)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(s >= 0 && ioctl(s, SIOCSIFFLAGS, &r) == 0);
	close(s);
}

static void say(int fd, int who, int what)
{
	char buf[1000];

	work_fill(buf, sizeof(buf), 100 * who + what);
	CHECK_EQ(send(fd, buf, sizeof(buf), 0), sizeof(buf));
}

static void hear(int fd, int who, int what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[1000];

	CHECK_EQ(poll(&p, 1, 10000), 1);	/* what was said just now may be with ksoftirqd */
	CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_WAITALL | MSG_DONTWAIT), sizeof(buf));
	CHECK(work_same(buf, sizeof(buf), 100 * who + what));
}

static void make_tcp(struct here *h)
{
	struct sockaddr_in a = in4(PORT);

	h->listener = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(h->listener >= 0 && bind(h->listener, (void *)&a, sizeof(a)) == 0 && listen(h->listener, 5) == 0);
	h->conn = socket(AF_INET, SOCK_STREAM, 0);
	a = in4(40000);		/* the same in both */
	CHECK(h->conn >= 0 && bind(h->conn, (void *)&a, sizeof(a)) == 0);
	a = in4(PORT);
	CHECK(connect(h->conn, (void *)&a, sizeof(a)) == 0);
	h->accepted = accept(h->listener, NULL, NULL);
	CHECK(h->accepted >= 0);
	say(h->conn, h->who, 1);
	say(h->accepted, h->who, 2);
	h->queued = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(h->queued >= 0 && connect(h->queued, (void *)&a, sizeof(a)) == 0);
}

static void make_udp(struct here *h)
{
	struct sockaddr_in a = in4(PORT);

	h->udp = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(h->udp >= 0 && bind(h->udp, (void *)&a, sizeof(a)) == 0);
	h->from = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(h->from >= 0 && connect(h->from, (void *)&a, sizeof(a)) == 0);
	say(h->from, h->who, 3);
}

static void make_unix(struct here *h)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, "crfs-two");

	h->unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(h->unix_listener >= 0 && bind(h->unix_listener, (void *)&a, len) == 0 && listen(h->unix_listener, 5) == 0);
	h->unix_conn = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(h->unix_conn >= 0 && connect(h->unix_conn, (void *)&a, len) == 0);
	h->unix_accepted = accept(h->unix_listener, NULL, NULL);
	CHECK(h->unix_accepted >= 0);
	say(h->unix_conn, h->who, 4);
	len = abstract(&a, "crfs-to");
	h->dgram = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(h->dgram >= 0 && bind(h->dgram, (void *)&a, len) == 0);
	h->sender = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(h->sender >= 0 && connect(h->sender, (void *)&a, len) == 0);
	len = abstract(&a, "crfs-from");
	CHECK(bind(h->sender, (void *)&a, len) == 0);
	say(h->sender, h->who, 5);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, h->pair) == 0);
	say(h->pair[0], h->who, 6);
}

static void make_rest(struct here *h)
{
	struct sockaddr_ll l = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_LOOP), .sll_ifindex = 1 };
	struct sockaddr_nl n = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };

	h->raw = socket(AF_INET, SOCK_RAW, 99);
	CHECK(h->raw >= 0);
	h->packet = socket(AF_PACKET, SOCK_DGRAM, 0);
	CHECK(h->packet >= 0 && bind(h->packet, (void *)&l, sizeof(l)) == 0);
	h->netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	CHECK(h->netlink >= 0 && bind(h->netlink, (void *)&n, sizeof(n)) == 0);
}

static void make(struct here *h, int who)
{
	h->who = who;
	lo_up();
	make_tcp(h);
	make_udp(h);
	make_unix(h);
	make_rest(h);
}

static ino_t net_of(int s)
{
	int fd = s < 0 ? open("/proc/self/ns/net", O_RDONLY) : ioctl(s, SIOCGSKNS);
	struct stat st;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	close(fd);
	return st.st_ino;
}

static void check(const struct here *h)
{
	const int all[] = { h->listener, h->conn, h->accepted, h->udp, h->from, h->unix_listener, h->unix_conn,
			    h->unix_accepted, h->dgram, h->sender, h->raw, h->packet, h->netlink, h->pair[0], h->pair[1] };
	struct ifreq r = { .ifr_name = "lo", .ifr_mtu = 20000 };
	struct sockaddr_ll l = { 0 };
	struct sockaddr_un a;
	socklen_t len = sizeof(l);
	char buf[8192];
	size_t i;
	int s;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		CHECK_EQ(net_of(all[i]), net_of(-1));
	hear(h->accepted, h->who, 1);
	hear(h->conn, h->who, 2);
	say(h->conn, h->who, 7);
	hear(h->accepted, h->who, 7);
	hear(h->udp, h->who, 3);
	say(h->from, h->who, 8);
	hear(h->udp, h->who, 8);
	s = accept(h->listener, NULL, NULL);
	CHECK(s >= 0);
	say(h->queued, h->who, 9);
	hear(s, h->who, 9);
	hear(h->unix_accepted, h->who, 4);
	len = sizeof(a);
	CHECK(getpeername(h->unix_conn, (void *)&a, &len) == 0 && len == offsetof(struct sockaddr_un, sun_path) + 9);
	len = sizeof(a);
	CHECK(recvfrom(h->dgram, buf, sizeof(buf), MSG_DONTWAIT, (void *)&a, &len) == 1000);
	CHECK(work_same(buf, 1000, 100 * h->who + 5) && !memcmp(a.sun_path + 1, "crfs-from", 9));
	hear(h->pair[1], h->who, 6);
	len = abstract(&a, "crfs-two");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(s, (void *)&a, len) == 0 && accept(h->unix_listener, NULL, NULL) >= 0);
	len = sizeof(l);
	CHECK(getsockname(h->packet, (void *)&l, &len) == 0);
	CHECK_EQ(l.sll_ifindex, 1);
	/* who listens to changes of links hears of one here */
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0 && ioctl(s, SIOCSIFMTU, &r) == 0);
	CHECK(recv(h->netlink, buf, sizeof(buf), MSG_DONTWAIT) > 0);
}

/* @far: a socket that is in the first; @path: one that is connected with a listener of the first */
static void second(int far)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int path;
	ino_t first = net_of(far);
	struct here h;

	CHECK(unshare(CLONE_NEWNET) == 0);
	make(&h, 2);
	path = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(path >= 0 && connect(path, (void *)&a, sizeof(a)) == 0);
	say(path, 2, 11);
	work_up();
	work_wait();
	CHECK(first);
	CHECK(net_of(far) != net_of(-1));
	CHECK_EQ(net_of(path), net_of(-1));
	check(&h);
	hear(path, 1, 12);
	hear(far, 1, 13);
	_exit(0);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int l, c, s, far;
	struct sockaddr_in to = in4(81);
	struct here h;
	pid_t pid;

	work_own("net");
	make(&h, 1);
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(l >= 0 && bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 5) == 0);
	far = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(far >= 0 && bind(far, (void *)&to, sizeof(to)) == 0);
	pid = work_fork();
	if (!pid)
		second(far);
	c = accept(l, NULL, NULL);
	CHECK(c >= 0);
	say(c, 1, 12);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0 && connect(s, (void *)&to, sizeof(to)) == 0);
	say(s, 1, 13);
	close(far);
	work_ready();
	check(&h);
	hear(c, 2, 11);
	work_join(pid, 0);
	work_pass();
}
