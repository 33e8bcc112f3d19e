// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * More of what of sockets and descriptors cannot be carried: groups without end, who is closed and has
 * more to say, a signed connection, keys of a socket that has none, one whose timestamps count microseconds, an item of epoll that has fired, a device whose file is gone. In a network of its own.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "tests/work/work.h"

#define GROUPS 70
#define SOURCES 300

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(ioctl(fd, SIOCSIFFLAGS, &r) == 0);
	close(fd);
}

static void say(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what));
	close(fd);
}

static void packet_groups(void)
{
	struct packet_mreq m = { .mr_ifindex = if_nametoindex("lo"), .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6,
				 .mr_address = { 1, 0, 0x5e, 1, 2 } };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), i;

	for (i = 0; i < GROUPS; i++) {
		m.mr_address[5] = i;
		CHECK(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) == 0);
	}
}

static void many_sources(void)
{
	struct group_source_req r = { .gsr_interface = if_nametoindex("lo") };
	struct group_req g = { .gr_interface = r.gsr_interface };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xe0070809) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i;

	say("/proc/sys/net/ipv4/igmp_max_msf", "400");
	memcpy(&g.gr_group, &a, sizeof(a));
	memcpy(&r.gsr_group, &a, sizeof(a));
	CHECK(setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &g, sizeof(g)) == 0);
	for (i = 0; i < SOURCES; i++) {
		a.sin_addr.s_addr = htonl(0x0a000000 + i);
		memcpy(&r.gsr_source, &a, sizeof(a));
		CHECK(setsockopt(fd, IPPROTO_IP, MCAST_BLOCK_SOURCE, &r, sizeof(r)) == 0);
	}
}

static bool sign(int fd)
{
	struct tcp_md5sig key = { .tcpm_keylen = 4, .tcpm_key = "sesa" };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	memcpy(&key.tcpm_addr, &a, sizeof(a));
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)) == 0;
}

/* Connections to 127/8, but for 127.0.0.1, have timestamps in microseconds then (RTAX_FEATURE_TCP_USEC_TS, Linux 6.7). */
static bool microseconds(void)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg r;
		struct rtattr dst;
		uint32_t to;
		struct rtattr oif;
		uint32_t lo;
		struct rtattr metrics, features;
		uint32_t usec;
	} q = {
		.h = { sizeof(q), RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, 0, 0 },
		.r = { .rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_table = RT_TABLE_LOCAL, .rtm_protocol = RTPROT_KERNEL,
		       .rtm_scope = RT_SCOPE_HOST, .rtm_type = RTN_LOCAL },
		.dst = { RTA_LENGTH(4), RTA_DST }, .to = htonl(0x7f000000),
		.oif = { RTA_LENGTH(4), RTA_OIF }, .lo = if_nametoindex("lo"),
		.metrics = { RTA_LENGTH(RTA_LENGTH(4)), RTA_METRICS },
		.features = { RTA_LENGTH(4), RTAX_FEATURES }, .usec = 1 << 4,
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} answer;
	int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	CHECK(send(nl, &q, sizeof(q), 0) == sizeof(q) && recv(nl, &answer, sizeof(answer), 0) > 0);
	close(nl);
	return answer.h.nlmsg_type == NLMSG_ERROR && !answer.e.error;
}

static void pair(int fd[2], uint32_t addr, bool *keyed)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0);
	if (keyed)
		*keyed = sign(l) && sign(fd[0]);
	CHECK(listen(l, 1) == 0);
	CHECK(getsockname(l, (void *)&a, &len) == 0 && connect(fd[0], (void *)&a, len) == 0);
	fd[1] = accept(l, NULL, NULL);
	CHECK(fd[1] >= 0);
	close(l);
}

/* One waits for what @closed has to say and cannot: @n bytes in all */
static int more_to_say(size_t *n)
{
	static char buf[8 << 20];
	int fd[2];

	pair(fd, INADDR_LOOPBACK, NULL);
	*n = send(fd[0], buf, sizeof(buf), MSG_DONTWAIT);
	close(fd[0]);
	return fd[1];
}

/* A signalfd: while no signal is on its way, it has nothing at all to say, and nobody else can make it. */
static void fired(int *ep)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	*ep = epoll_create1(0);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && (fd = signalfd(-1, &set, 0)) >= 0);
	CHECK(epoll_ctl(*ep, EPOLL_CTL_ADD, fd, &e) == 0 && raise(SIGUSR1) == 0);
	CHECK(epoll_wait(*ep, &e, 1, 0) == 1 && read(fd, &info, sizeof(info)) == sizeof(info));
}

int main(void)
{
	struct epoll_event e;
	static char buf[65536];
	int idle = socket(AF_INET, SOCK_STREAM, 0);
	int signed_pair[2], usec_pair[2], ep, gone, waits;
	size_t all, n = 0;
	bool keyed, usec;
	ssize_t r;

	work_own("net");
	lo_up();
	packet_groups();
	many_sources();
	pair(signed_pair, INADDR_LOOPBACK, &keyed);
	CHECK(sign(idle) == keyed);
	usec = microseconds();
	pair(usec_pair, 0x7f000005, NULL);
	waits = more_to_say(&all);
	fired(&ep);
	CHECK(mknod("gone", S_IFCHR | 0600, makedev(1, 3)) == 0);
	gone = open("gone", O_RDWR);
	CHECK(gone >= 0 && unlink("gone") == 0);
	printf("has%s%s\n", keyed ? " signed" : "", usec ? " usec" : "");
	fflush(stdout);
	work_ready();
	for (; (r = recv(waits, buf, sizeof(buf), 0)) > 0;)
		n += r;
	CHECK_EQ(n, all);
	CHECK(send(signed_pair[0], "s", 1, 0) == 1 && recv(signed_pair[1], buf, 1, 0) == 1);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(!keyed || sign(idle));
	CHECK(send(usec_pair[0], "u", 1, 0) == 1 && recv(usec_pair[1], buf, 1, 0) == 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK(write(gone, "x", 1) == 1);
	work_pass();
}
