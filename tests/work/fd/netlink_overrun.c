// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Netlink sockets in which notices of the kernel to a group wait: one, one that has no room for more, one that does not
 * want to be told of that. Each hears all, or that it has missed some (ENOBUFS), and then what is new. In a network of
 * its own.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static void change(bool up)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(ioctl(fd, SIOCSIFFLAGS, &r) == 0);
	close(fd);
}

static int listener(int option, int size)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), on = 1;

	CHECK(fd >= 0 && bind(fd, (void *)&a, sizeof(a)) == 0);
	CHECK(!option || setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) == 0);
	CHECK(!size || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	return fd;
}

/* All that is there. Return: notices; @missed: it was told that there were more */
static int hear(int fd, bool *missed)
{
	static char buf[65536];
	const struct nlmsghdr *h = (void *)buf;
	int n = 0;
	ssize_t len;

	*missed = false;
	for (;;) {
		len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS) {
			CHECK(!*missed && !n);		/* before all else */
			*missed = true;
			continue;
		}
		if (len < 0)
			break;
		CHECK(NLMSG_OK(h, len));
		/* What answers nothing that was asked is passed over, as everybody does. */
		if (h->nlmsg_type == NLMSG_ERROR) {
			CHECK_EQ(((const struct nlmsgerr *)NLMSG_DATA(h))->error, 0);
			continue;
		}
		CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
		n++;
	}
	CHECK_EQ(errno, EAGAIN);
	return n;
}

static void say(const char *what)
{
	CHECK(write(1, what, strlen(what)) == (ssize_t)strlen(what));
}

int main(void)
{
	int all, full, deaf, i;
	bool missed;

	work_own("net");
	all = listener(0, 0);
	full = listener(0, 3000);
	deaf = listener(NETLINK_NO_ENOBUFS, 0);
	for (i = 0; i < 6; i++)
		change(i % 2 == 0);
	work_ready();
	i = hear(all, &missed);
	CHECK(missed ? i == 0 : i >= 6);
	if (missed)
		say("missed\n");
	i = hear(full, &missed);
	CHECK(missed && i < 6);
	if (!i)
		say("missed\n");
	hear(deaf, &missed);
	CHECK(!missed);
	change(true);
	CHECK(hear(all, &missed) >= 1 && !missed);
	CHECK(hear(full, &missed) >= 1);
	CHECK(hear(deaf, &missed) >= 1 && !missed);
	work_pass();
}
