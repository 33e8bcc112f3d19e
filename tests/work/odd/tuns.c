// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that are the other end of a link in the network of whoever mounts, or of one that went to another network. */
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/odd/odd.h"

/* Its name is that of nobody else's link. */
static int attach(char name[IFNAMSIZ])
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		work_skip("no /dev/net/tun");
	snprintf(r.ifr_name, IFNAMSIZ, "o%d", getpid());
	CHECK(ioctl(fd, TUNSETIFF, &r) == 0);
	strcpy(name, r.ifr_name);
	return fd;
}

static bool has(int fd, const char *name)
{
	struct ifreq r = { .ifr_flags = 0 };

	return ioctl(fd, TUNGETIFF, &r) == 0 && !strcmp(r.ifr_name, name);
}

ODD(tun_goes)
{
	char name[IFNAMSIZ];
	int fd = attach(name);

	work_ready();
	CHECK(has(fd, name));
}

ODD(tun_stays)
{
	char name[IFNAMSIZ];
	int fd = attach(name);

	CHECK(ioctl(fd, TUNSETPERSIST, 1) == 0);
	work_ready();
	CHECK(has(fd, name) && if_nametoindex(name) > 0);
	CHECK(ioctl(fd, TUNSETPERSIST, 0) == 0);
}

/* ip link set @name netns @pid */
static void move_to(const char *name, pid_t pid)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		struct rtattr a;
		int pid;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.i = { .ifi_index = if_nametoindex(name) },
		.a = { .rta_len = RTA_LENGTH(sizeof(int)), .rta_type = IFLA_NET_NS_PID },
		.pid = pid,
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} answer;
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	CHECK(s >= 0 && send(s, &q, sizeof(q), 0) == sizeof(q));
	CHECK(recv(s, &answer, sizeof(answer), MSG_TRUNC) > 0);
	CHECK_EQ(answer.e.error, 0);
	close(s);
}

static int go(int net)
{
	return setns(net, CLONE_NEWNET);
}

static int own_net(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

/* Of a network that nobody is in, which it keeps alone; and, of the same name, of one that a child is in. */
ODD(tun_elsewhere)
{
	int home = own_net(), alone, fd, theirs, up[2], down[2], st;
	char name[IFNAMSIZ], path[64], c = 0;
	pid_t pid;

	CHECK(unshare(CLONE_NEWNET) == 0);
	alone = own_net();
	fd = attach(name);
	CHECK(go(home) == 0 && pipe(up) == 0 && pipe(down) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(fd);
		close(alone);
		CHECK(unshare(CLONE_NEWNET) == 0 && write(up[1], &c, 1) == 1);
		CHECK(read(down[0], &c, 1) == 1);
		_exit(if_nametoindex(name) ? 0 : 1);
	}
	CHECK(read(up[0], &c, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	st = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(st >= 0 && go(st) == 0);
	close(st);
	theirs = attach(name);
	CHECK(go(home) == 0);
	close(home);
	work_ready();
	CHECK(has(fd, name) && has(theirs, name) && !if_nametoindex(name));
	home = own_net();
	CHECK(go(alone) == 0 && if_nametoindex(name) && go(home) == 0);
	CHECK(write(down[1], &c, 1) == 1);
	CHECK(waitpid(pid, &st, 0) == pid && st == 0);
}

ODD(tun_moved)
{
	char name[IFNAMSIZ];
	int fd = attach(name), up[2], down[2], st;
	char c = 0;
	pid_t pid;

	CHECK(pipe(up) == 0 && pipe(down) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(fd);
		CHECK(unshare(CLONE_NEWNET) == 0 && write(up[1], &c, 1) == 1);
		CHECK(read(down[0], &c, 1) == 1);
		_exit(if_nametoindex(name) ? 0 : 1);
	}
	CHECK(read(up[0], &c, 1) == 1);
	move_to(name, pid);
	work_ready();
	CHECK(has(fd, name) && !if_nametoindex(name));
	CHECK(write(down[1], &c, 1) == 1);
	CHECK(waitpid(pid, &st, 0) == pid && st == 0);
}
