// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that are the other end of a link: a tun that goes with its descriptor, a tap of two queues with a header and
 * offloads, a tap that stays, one without carrier, a descriptor without a link. Packets go both ways. In a network of its own.
 */
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static int net;

static void write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static struct ifreq called(const char *name)
{
	struct ifreq r = { .ifr_flags = 0 };

	strcpy(r.ifr_name, name);
	return r;
}

static int attach(const char *name, int flags)
{
	struct ifreq r = called(name);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		work_skip("no /dev/net/tun");
	r.ifr_flags = flags;
	CHECK(ioctl(fd, TUNSETIFF, &r) == 0);
	return fd;
}

static void addr(const char *name, unsigned long what, uint32_t a)
{
	struct ifreq r = called(name);
	struct sockaddr_in *in = (void *)&r.ifr_addr;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(a);
	CHECK(ioctl(net, what, &r) == 0);
}

static void up(const char *name)
{
	struct ifreq r = called(name);
	char path[80];

	/* nothing that comes by itself */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	if (!access(path, W_OK))
		write_to(path, "1");
	r.ifr_flags = IFF_UP;
	CHECK(ioctl(net, SIOCSIFFLAGS, &r) == 0);
}

/* Which addresses of IPv6 a link gets by itself: told in a moment in which it gets none. Return: 0: no IPv6 */
static char gen_mode(const char *name, const char *set)
{
	char path[80], mode = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (set)
		write_to(path, set);
	CHECK(read(fd, &mode, 1) == 1);
	close(fd);
	return mode;
}

static int flags(const char *name)
{
	struct ifreq r = called(name);

	return ioctl(net, SIOCGIFFLAGS, &r) ? -1 : (unsigned short)r.ifr_flags;
}

static int flags_of(int fd)
{
	struct ifreq r = { .ifr_flags = 0 };

	/* IFF_NOFILTER looks like IFF_NO_PI */
	return ioctl(fd, TUNGETIFF, &r) ? -1 : (unsigned short)r.ifr_flags & ~IFF_NO_PI;
}

/* A datagram to @to comes out of the tun behind @skip bytes, and one that goes in comes to a socket. */
static void passes(int fd, uint32_t here, uint32_t to, size_t skip)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(77), .sin_addr.s_addr = htonl(to) };
	struct sockaddr_in mine = { .sin_family = AF_INET, .sin_port = htons(78), .sin_addr.s_addr = htonl(here) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[200], *ip = buf + skip, got[8];
	struct iphdr *h = (void *)ip;
	struct udphdr *u = (void *)(ip + 20);
	uint32_t x;
	ssize_t n;

	CHECK(bind(s, (void *)&mine, sizeof(mine)) == 0);
	CHECK(sendto(s, "there", 5, 0, (void *)&a, sizeof(a)) == 5);
	CHECK(poll(&p, 1, 5000) == 1);
	n = read(fd, buf, sizeof(buf));
	CHECK_EQ(n, (ssize_t)skip + 20 + 8 + 5);
	CHECK(!memcmp(ip + 28, "there", 5));
	CHECK_EQ(ntohl(h->daddr), to);
	/* back: the sums stay right */
	x = h->saddr;
	h->saddr = h->daddr;
	h->daddr = x;
	u->source = htons(77);
	u->dest = htons(78);
	CHECK_EQ(write(fd, buf, n), n);
	p.fd = s;
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK_EQ(recv(s, got, sizeof(got), 0), 5);
	CHECK(!memcmp(got, "there", 5));
	close(s);
}

/* Three datagrams that nobody reads */
static void leave(uint32_t to)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(77), .sin_addr.s_addr = htonl(to) };
	int s = socket(AF_INET, SOCK_DGRAM, 0), i;
	char buf[1000];

	for (i = 0; i < 3; i++) {
		work_fill(buf, sizeof(buf), to + i);
		CHECK_EQ(sendto(s, buf, 10 + 300 * i, 0, (void *)&a, sizeof(a)), 10 + 300 * i);
	}
	close(s);
}

/* They are read, and no others. */
static void left(int fd, uint32_t to, size_t skip)
{
	char buf[2000];
	int i;

	for (i = 0; i < 3; i++) {
		CHECK_EQ(read(fd, buf, sizeof(buf)), (ssize_t)skip + 28 + 10 + 300 * i);
		CHECK_EQ(ntohl(((struct iphdr *)(buf + skip))->daddr), to);
		CHECK(work_same(buf + skip + 28, 10 + 300 * i, to + i));
		CHECK(!skip || (buf[2] == 8 && buf[3] == 0));
	}
	CHECK(read(fd, buf, sizeof(buf)) == -1 && errno == EAGAIN);
}

static uint32_t mtu(const char *name)
{
	struct ifreq r = called(name);

	CHECK(ioctl(net, SIOCGIFMTU, &r) == 0);
	return r.ifr_mtu;
}

static void gone(const char *name)
{
	int i;

	for (i = 0; i < 200 && if_nametoindex(name); i++)
		work_sleep(10);
	CHECK_EQ(if_nametoindex(name), 0);
}

int main(void)
{
	int t0, q0, q1, stays, off, none, n = 1300, size = 12, sndbuf = 77777;
	char mode, usual;
	struct ifreq r;

	work_own("net");
	net = socket(AF_INET, SOCK_DGRAM, 0);
	t0 = attach("t0", IFF_TUN | IFF_NO_PI);
	r = called("t0");
	r.ifr_mtu = n;
	CHECK(ioctl(net, SIOCSIFMTU, &r) == 0);
	CHECK(ioctl(t0, TUNSETSNDBUF, &sndbuf) == 0);
	addr("t0", SIOCSIFADDR, 0x0a4d0001);
	addr("t0", SIOCSIFNETMASK, 0xffffff00);
	up("t0");
	q0 = attach("q0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
	q1 = attach("q0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
	CHECK(ioctl(q0, TUNSETVNETHDRSZ, &size) == 0);
	CHECK(ioctl(q0, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) == 0);
	CHECK(ioctl(q0, TUNSETVNETLE, &(int){ 1 }) == 0);
	stays = attach("p0", IFF_TUN);
	CHECK(ioctl(stays, TUNSETPERSIST, 1) == 0 && ioctl(stays, TUNSETOWNER, 77) == 0);
	addr("p0", SIOCSIFADDR, 0x0a4d0101);
	addr("p0", SIOCSIFNETMASK, 0xffffff00);
	up("p0");
	off = attach("c0", IFF_TUN | IFF_NO_PI);
	CHECK(ioctl(off, TUNSETCARRIER, &(int){ 0 }) == 0);
	none = open("/dev/net/tun", O_RDWR);
	mode = gen_mode("t0", "3");
	usual = gen_mode("c0", NULL);
	passes(t0, 0x0a4d0001, 0x0a4d0002, 0);
	passes(stays, 0x0a4d0101, 0x0a4d0102, 4);
	leave(0x0a4d0002);
	leave(0x0a4d0102);
	work_ready();
	left(t0, 0x0a4d0002, 0);
	left(stays, 0x0a4d0102, 4);
	passes(t0, 0x0a4d0001, 0x0a4d0002, 0);
	CHECK_EQ(mtu("t0"), 1300);
	CHECK(ioctl(t0, TUNGETSNDBUF, &sndbuf) == 0);
	CHECK_EQ(sndbuf, 77777);
	CHECK_EQ(gen_mode("t0", NULL), mode);
	CHECK_EQ(gen_mode("c0", NULL), usual);
	CHECK_EQ(flags_of(t0), IFF_TUN);
	CHECK_EQ(flags_of(q0), IFF_TAP | IFF_VNET_HDR | IFF_MULTI_QUEUE);
	CHECK_EQ(flags_of(q1), flags_of(q0));
	CHECK(ioctl(q1, TUNGETVNETHDRSZ, &size) == 0 && size == 12);
	CHECK(ioctl(q1, TUNGETVNETLE, &n) == 0 && n == 1);
	CHECK_EQ(flags("q0") & IFF_UP, 0);
	passes(stays, 0x0a4d0101, 0x0a4d0102, 4);
	CHECK_EQ(flags_of(stays), IFF_TUN | IFF_PERSIST);
	up("c0");
	/* It is told once a second, net/core/link_watch.c. */
	for (n = 0; flags("c0") & IFF_RUNNING && n < 50; n++)
		work_sleep(100);
	CHECK_EQ(flags("c0") & IFF_RUNNING, 0);
	CHECK(flags_of(none) == -1 && errno == EBADFD);
	r = called("n0");
	r.ifr_flags = IFF_TUN;
	CHECK(ioctl(none, TUNSETIFF, &r) == 0 && if_nametoindex("n0") > 0);
	CHECK(close(q0) == 0 && if_nametoindex("q0") > 0);
	CHECK(close(q1) == 0 && close(t0) == 0 && close(stays) == 0);
	gone("q0");
	gone("t0");
	CHECK(if_nametoindex("p0") > 0);
	work_pass();
}
