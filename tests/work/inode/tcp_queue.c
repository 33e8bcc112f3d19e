// SPDX-License-Identifier: GPL-2.0-or-later
/* The queues of TCP sockets: read in part, in many pieces, in one of megabytes, full both ways. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define SIZE (16 << 20)
#define PIECES 3000

static char out[SIZE], in[SIZE];

static void pair(int *a, int *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int l = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(at);

	CHECK(bind(l, (void *)&at, len) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, (void *)&at, &len) == 0);
	*a = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(*a, (void *)&at, len) == 0);
	*b = accept(l, NULL, NULL);
	CHECK(*b >= 0);
	close(l);
}

static size_t give(int fd)
{
	size_t done = 0;
	ssize_t n;

	while (done < SIZE && (n = send(fd, out + done, SIZE - done, MSG_DONTWAIT)) > 0)
		done += n;
	return done;
}

static void take(int fd, size_t from, size_t to)
{
	ssize_t n;

	while (from < to) {
		n = recv(fd, in + from, to - from, 0);
		CHECK(n > 0);
		from += n;
	}
}

int main(void)
{
	int full[2], part[2], pieces[2], i;
	size_t ab, ba;

	work_fill(out, sizeof(out), 9);
	pair(&full[0], &full[1]);
	pair(&part[0], &part[1]);
	pair(&pieces[0], &pieces[1]);
	ab = give(full[0]);
	ba = give(full[1]);
	CHECK(write(part[0], out, 50000) == 50000);
	take(part[1], 0, 12345);
	for (i = 0; i < PIECES; i++)
		CHECK(write(pieces[0], out + i, 1) == 1);
	work_settle();
	work_ready();
	take(full[1], 0, ab);
	CHECK(!memcmp(in, out, ab));
	take(full[0], 0, ba);
	CHECK(!memcmp(in, out, ba));
	memset(in, 0, 12345);
	take(part[1], 12345, 50000);
	CHECK(!memcmp(in + 12345, out + 12345, 50000 - 12345));
	take(pieces[1], 0, PIECES);
	CHECK(!memcmp(in, out, PIECES));
	CHECK(recv(part[1], in, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	work_pass();
}
