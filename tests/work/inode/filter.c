// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters: of a datagram socket with something in its queue, of listeners, locked. */
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/work/work.h"

/* What begins with 'y' passes; UDP: behind its header. */
static struct sock_filter insns[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	BPF_STMT(BPF_RET | BPF_K, 0),
};
static struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, 0xfff) };

static struct sock_filter never[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

static void attach(int fd, struct sock_filter *f, int n)
{
	struct sock_fprog prog = { n, f };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0);
}

static void same(int fd, const struct sock_filter *f, unsigned int n)
{
	struct sock_filter got[16];
	socklen_t len = 16;

	CHECK(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, got, &len) == 0);
	CHECK_EQ(len, n);
	CHECK(!memcmp(got, f, n * sizeof(*f)));
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "filter.sock" };
	int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0), from;
	int un_fd = socket(AF_UNIX, SOCK_STREAM, 0), one = 1;
	socklen_t len = sizeof(a);
	int pair[2];
	char c;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	/* as UDP below, but without a header */
	CHECK(send(pair[0], "n", 1, 0) == 1);
	attach(pair[1], never, 1);
	CHECK(bind(tcp, (void *)&a, sizeof(a)) == 0);
	attach(tcp, all, 1);
	CHECK(listen(tcp, 3) == 0);
	unlink(un.sun_path);
	CHECK(bind(un_fd, (void *)&un, sizeof(un)) == 0);
	attach(un_fd, all, 1);
	CHECK(listen(un_fd, 3) == 0);
	CHECK(bind(udp, (void *)&a, sizeof(a)) == 0 && getsockname(udp, (void *)&a, &len) == 0);
	from = socket(AF_INET, SOCK_DGRAM, 0);
	/* what it would not let in now is there all the same */
	CHECK(sendto(from, "n", 1, 0, (void *)&a, len) == 1);
	work_settle();
	attach(udp, insns, 4);
	CHECK(setsockopt(udp, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) == 0);
	CHECK(sendto(from, "y", 1, 0, (void *)&a, len) == 1);
	CHECK(sendto(from, "n", 1, 0, (void *)&a, len) == 1);
	work_settle();

	work_ready();

	same(udp, insns, 4);
	same(tcp, all, 1);
	same(un_fd, all, 1);
	same(pair[1], never, 1);
	CHECK(recv(pair[1], &c, 1, MSG_DONTWAIT) == 1 && c == 'n');
	send(pair[0], "y", 1, 0);
	CHECK(recv(pair[1], &c, 1, MSG_DONTWAIT) < 0);
	CHECK(setsockopt(udp, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof(one)) < 0);
	CHECK_EQ(errno, EPERM);
	CHECK(recv(udp, &c, 1, MSG_DONTWAIT) == 1 && c == 'n');
	CHECK(sendto(from, "n", 1, 0, (void *)&a, len) == 1);
	CHECK(sendto(from, "y", 1, 0, (void *)&a, len) == 1);
	work_settle();
	CHECK(recv(udp, &c, 1, MSG_DONTWAIT) == 1 && c == 'y');
	CHECK(recv(udp, &c, 1, MSG_DONTWAIT) == 1 && c == 'y');
	CHECK(recv(udp, &c, 1, MSG_DONTWAIT) < 0);
	work_pass();
}
