// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A listener whose queue is full: some wait to be accepted, with what they have sent, and others call and get no answer,
 * before and after. Then it accepts, and all come, those who were there first before the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define BACKLOG 4
#define PLACES (BACKLOG + 1)	/* sk_acceptq_is_full() */
#define CALLERS (PLACES + 2)	/* fewer than would get cookies and no place (tcp_syncookies) */

static int state_of(int fd)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	return info.tcpi_state;
}

static bool wait_for(int fd, short what, int ms)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, ms) == 1;
}

static int call(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	CHECK(connect(fd, (const void *)to, sizeof(*to)) == 0 || errno == EINPROGRESS);
	return fd;
}

static void send_one(int fd, char c)
{
	CHECK(send(fd, &c, 1, 0) == 1);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd[CALLERS], got[CALLERS], i;
	char c;

	CHECK(bind(listener, (void *)&a, sizeof(a)) == 0 && listen(listener, BACKLOG) == 0);
	CHECK(getsockname(listener, (void *)&a, &len) == 0);
	for (i = 0; i < CALLERS; i++) {
		fd[i] = call(&a);
		if (i < PLACES)
			CHECK(wait_for(fd[i], POLLOUT, 5000));
	}
	for (i = 0; i < PLACES; i++)
		send_one(fd[i], 'a' + i);

	work_ready();

	for (i = 0; i < CALLERS; i++)
		CHECK(state_of(fd[i]) == (i < PLACES ? TCP_ESTABLISHED : TCP_SYN_SENT));
	for (i = 0; i < CALLERS; i++) {
		CHECK(wait_for(listener, POLLIN, 60000));	/* those call again after a second, two, four.. */
		got[i] = accept(listener, NULL, NULL);
		CHECK(got[i] >= 0);
	}
	for (i = PLACES; i < CALLERS; i++) {
		CHECK(wait_for(fd[i], POLLOUT, 5000));
		send_one(fd[i], 'a' + i);
	}
	for (i = 0; i < CALLERS; i++) {
		CHECK(wait_for(got[i], POLLIN, 5000) && read(got[i], &c, 1) == 1);
		CHECK(i >= PLACES || c == 'a' + i);
	}
	work_pass();
}
