// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of a program that is the other end of a link cannot be carried: packets that it has not read and whose sums it has to make, a filter, a detached
 * queue, a link of a type of its own. In a network of its own.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static int attach(const char *name, int flags)
{
	struct ifreq r = { .ifr_flags = flags };
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		work_skip("no /dev/net/tun");
	strcpy(r.ifr_name, name);
	CHECK(ioctl(fd, TUNSETIFF, &r) == 0);
	return fd;
}

static void ifr(unsigned long what, const char *name, struct ifreq r)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(r.ifr_name, name);
	CHECK(ioctl(s, what, &r) == 0);
	close(s);
}

/* A datagram that nobody reads */
static void fill(uint32_t here)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(here) };
	struct ifreq r = { .ifr_flags = 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&r.ifr_addr, &a, sizeof(a));
	ifr(SIOCSIFADDR, "w0", r);
	a.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	ifr(SIOCSIFNETMASK, "w0", r);
	ifr(SIOCSIFFLAGS, "w0", (struct ifreq){ .ifr_flags = IFF_UP });
	a.sin_addr.s_addr = htonl(here + 1);
	CHECK(sendto(s, "waits", 5, 0, (void *)&a, sizeof(a)) == 5);
	close(s);
}

int main(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 65535);
	struct sock_fprog prog = { 1, &all };
	struct pollfd p = { .events = POLLIN };
	struct ifreq off = { .ifr_flags = IFF_DETACH_QUEUE };
	int filtered, typed, q0, q1;
	char buf[100];

	work_own("net");
	p.fd = attach("w0", IFF_TUN | IFF_NO_PI);
	CHECK(ioctl(p.fd, TUNSETOFFLOAD, TUN_F_CSUM) == 0);
	fill(0x0a4d0201);
	filtered = attach("f0", IFF_TAP | IFF_NO_PI);
	CHECK(ioctl(filtered, TUNATTACHFILTER, &prog) == 0);
	typed = attach("y0", IFF_TUN | IFF_NO_PI);
	CHECK(ioctl(typed, TUNSETLINK, ARPHRD_PPP) == 0);
	q0 = attach("q0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE);
	q1 = attach("q0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE);
	CHECK(ioctl(q1, TUNSETQUEUE, &off) == 0);
	work_ready();
	CHECK(poll(&p, 1, 5000) == 1 && read(p.fd, buf, sizeof(buf)) > 0);
	CHECK(fcntl(filtered, F_GETFD) >= 0 && fcntl(typed, F_GETFD) >= 0 && fcntl(q0, F_GETFD) >= 0);
	work_pass();
}
