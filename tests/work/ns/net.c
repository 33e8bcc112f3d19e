// SPDX-License-Identifier: GPL-2.0-or-later
/* A network namespace of its own: lo up, with an address more and a smaller MTU, sysctls, listening sockets. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/work/work.h"

#define PORT 80	/* free in every namespace that is ours alone */

static int ifr(int s, unsigned long what, const char *name, struct ifreq *r)
{
	strcpy(r->ifr_name, name);
	return ioctl(s, what, r);
}

static void write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static void is(const char *path, const char *value)
{
	char text[100];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	CHECK(n > 0);
	text[n - 1] = '\0';
	CHECK_STR(text, value);
	close(fd);
}

static void set_up(int s)
{
	struct sockaddr_in *in;
	struct ifreq r = { .ifr_flags = IFF_UP };

	CHECK(ifr(s, SIOCSIFFLAGS, "lo", &r) == 0);
	memset(&r, 0, sizeof(r));
	r.ifr_mtu = 9000;
	CHECK(ifr(s, SIOCSIFMTU, "lo", &r) == 0);
	memset(&r, 0, sizeof(r));
	in = (struct sockaddr_in *)&r.ifr_addr;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(0x0a636363);
	CHECK(ifr(s, SIOCSIFADDR, "lo:1", &r) == 0);
}

static int connected(uint32_t addr)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(addr) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(s >= 0 && connect(s, (struct sockaddr *)&to, sizeof(to)) == 0);
	return s;
}

/* A child in a network namespace of its own, with other settings */
static void second(bool socket_in_it)
{
	struct ifreq r = { 0 };
	int s;

	CHECK(unshare(CLONE_NEWNET) == 0);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0);
	set_up(s);
	write_to("/proc/sys/net/ipv4/ip_forward", "0");
	write_to("/proc/sys/net/core/somaxconn", "99");
	if (!socket_in_it)
		close(s);
	work_up();
	work_wait();
	is("/proc/sys/net/core/somaxconn", "99");
	is("/proc/sys/net/ipv4/ip_forward", "0");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0 && ifr(s, SIOCGIFMTU, "lo", &r) == 0);
	CHECK_EQ(r.ifr_mtu, 9000);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0net-test" };
	int s = socket(AF_INET, SOCK_DGRAM, 0), l, u, c;
	struct ifreq r = { 0 };

	work_own("net");
	if (argc > 1 && !strncmp(argv[1], "second", 6)) {
		pid_t pid = work_fork();

		if (!pid)
			second(!strcmp(argv[1], "second-socket"));
		close(s);
		work_ready();
		work_join(pid, 0);
		work_pass();
	}
	if (argc > 1 && !strcmp(argv[1], "down"))
		CHECK(s >= 0);
	else
		set_up(s);
	close(s);
	write_to("/proc/sys/net/ipv4/ip_forward", "1");
	write_to("/proc/sys/net/ipv4/ip_local_port_range", "40000\t41000");
	write_to("/proc/sys/net/core/somaxconn", "77");
	l = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(l >= 0 && bind(l, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(l, 5) == 0);
	u = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(u >= 0 && bind(u, (struct sockaddr *)&name, sizeof(name.sun_family) + 9) == 0);
	CHECK(listen(u, 5) == 0);

	work_ready();

	is("/proc/sys/net/ipv4/ip_forward", "1");
	is("/proc/sys/net/ipv4/ip_local_port_range", "40000\t41000");
	is("/proc/sys/net/core/somaxconn", "77");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(s >= 0 && ifr(s, SIOCGIFFLAGS, "lo", &r) == 0);
	if (argc > 1) {
		CHECK(!(r.ifr_flags & IFF_UP));
		work_pass();
	}
	CHECK(r.ifr_flags & IFF_UP);
	CHECK(ifr(s, SIOCGIFMTU, "lo", &r) == 0);
	CHECK_EQ(r.ifr_mtu, 9000);
	c = connected(0x0a636363);
	CHECK(accept(l, NULL, NULL) >= 0);
	close(c);
	connected(0x7f000001);
	CHECK(accept(l, NULL, NULL) >= 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (struct sockaddr *)&name, sizeof(name.sun_family) + 9) == 0);
	work_pass();
}
