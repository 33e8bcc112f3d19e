// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections whose reader is slow: the receiver's buffer is full of what came in pieces of many sizes, the window is
 * shut, and more waits to be sent. Nothing moves but probes, before and after; then every byte comes, once and in order.
 */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define MOST (6 << 20)
#define PATTERN(i) ((char)((i) * 7 + (i) / 251))

/** struct way - from @from to @to: so many bytes sent, and read */
struct way {
	int from, to;
	size_t sent, got;
};

/**
 * struct how - a connection is filled
 * @rcvbuf, @sndbuf: 0, they grow; @piece: so much is written at once, and @read is read behind it, as long as anything is
 * @both: ways; @file: by sendfile(2); @fin: the first who writes shuts down behind it
 */
static const struct how {
	int family, rcvbuf, sndbuf;
	size_t piece, read;
	bool both, file, fin;
} hows[] = {
	{ .family = AF_INET, .piece = 300, .read = 120 },
	{ .family = AF_INET, .piece = 1400, .read = 1100, .both = true },
	{ .family = AF_INET6, .piece = 700, .read = 300, .both = true },
	{ .family = AF_INET, .piece = 65536, .read = 40000 },
	{ .family = AF_INET, .piece = 5000, .read = 4000, .file = true },
	{ .family = AF_INET, .piece = 3000, .read = 1000, .rcvbuf = 20000, .both = true },
	{ .family = AF_INET, .piece = 900, .rcvbuf = 300000, .sndbuf = 400000 },
	{ .family = AF_INET, .piece = 300, .read = 120, .rcvbuf = 1000000, .sndbuf = 500000 },
	{ .family = AF_INET, .piece = 2000, .read = 500, .fin = true },
	{ .family = AF_INET6, .piece = 20000, .read = 9000, .file = true, .both = true, .fin = true },
};

#define N (sizeof(hows) / sizeof(hows[0]))

static char bytes[1 << 16];

static void set(int fd, int level, int option, int v)
{
	CHECK(setsockopt(fd, level, option, &v, sizeof(v)) == 0);
}

/* As large as that, whatever the machine has as its limit. */
static void set_buffer(int fd, int option, int force, int v)
{
	if (v && setsockopt(fd, SOL_SOCKET, force, &v, sizeof(v)) < 0)
		set(fd, SOL_SOCKET, option, v);
}

static void open_pair(const struct how *h, int fd[2])
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = h->family == AF_INET ? (void *)&to4 : (void *)&to;
	socklen_t len = h->family == AF_INET ? sizeof(to4) : sizeof(to);
	int l = socket(h->family, SOCK_STREAM, 0);

	CHECK(l >= 0);
	set_buffer(l, SO_RCVBUF, SO_RCVBUFFORCE, h->rcvbuf);
	CHECK(bind(l, a, len) == 0 && listen(l, 1) == 0 && getsockname(l, a, &len) == 0);
	fd[0] = socket(h->family, SOCK_STREAM, 0);
	set_buffer(fd[0], SO_RCVBUF, SO_RCVBUFFORCE, h->rcvbuf);
	set_buffer(fd[0], SO_SNDBUF, SO_SNDBUFFORCE, h->sndbuf);
	CHECK(connect(fd[0], a, len) == 0);
	fd[1] = accept(l, NULL, NULL);
	CHECK(fd[1] >= 0);
	set(fd[0], IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd[1], IPPROTO_TCP, TCP_NODELAY, 1);
	close(l);
}

static ssize_t give(const struct how *h, const struct way *w, int file)
{
	off_t at = w->sent;
	size_t i;

	if (h->file)
		return sendfile(w->from, file, &at, h->piece);
	for (i = 0; i < h->piece; i++)
		bytes[i] = PATTERN(w->sent + i);
	return send(w->from, bytes, h->piece, MSG_DONTWAIT);
}

static ssize_t take(struct way *w, size_t most, int flags)
{
	ssize_t n = recv(w->to, bytes, most, flags), i;

	for (i = 0; i < n; i++)
		if (bytes[i] != PATTERN(w->got + i))
			work_fail(__FILE__, __LINE__, "byte %zu of %zu is another", w->got + i, w->sent);
	w->got += n > 0 ? n : 0;
	return n;
}

/* Read slowly, at first; then not at all, until nothing more can be written. */
static void fill(const struct how *h, struct way *w, int file)
{
	int stuck = 0;
	ssize_t n;

	fcntl(w->from, F_SETFL, O_NONBLOCK);
	while (stuck < 20 && w->sent < MOST) {
		n = give(h, w, file);
		CHECK(n > 0 || errno == EAGAIN);
		if (n > 0) {
			w->sent += n;
			stuck = 0;
		} else {
			work_sleep(5);
			stuck++;
		}
		if (h->read && w->got < MOST / 8)
			take(w, h->read, MSG_DONTWAIT);
	}
	fcntl(w->from, F_SETFL, 0);
}

static int asked(int fd, int what)
{
	int n = 0;

	CHECK(ioctl(fd, what, &n) == 0);
	return n;
}

/* Probes of windows that are not quite shut yet fill them. */
static void wait_quiet(const struct way *w, size_t n)
{
	long since = work_ms(), end = since + 15000;
	int was = -1, is;
	size_t i;

	while (work_ms() < end && work_ms() - since < 1500) {
		for (is = 0, i = 0; i < n; i++)
			is += asked(w[i].from, SIOCOUTQNSD) + 3 * asked(w[i].from, SIOCOUTQ) + 5 * asked(w[i].to, SIOCINQ);
		if (is != was)
			since = work_ms();
		was = is;
		work_sleep(20);
	}
}

/* Nothing is on its way, and something waits. Where what has come did not fit, it is sent again and again. */
static bool is_full(const struct way *w)
{
	int waits = asked(w->from, SIOCOUTQ);

	return waits > 0 && asked(w->from, SIOCOUTQNSD) == waits;
}

/* Those that did not come to be full are closed, which leaves out both of their ways. Return: how many are left */
static int choose(struct way *w, int n)
{
	int kept = 0, i, k;

	for (i = 0; i < n; i++) {
		if (w[i].from < 0 || is_full(&w[i]))
			continue;
		for (k = 0; k < n; k++)
			if (k != i && w[k].from == w[i].to)
				w[k].from = -1;
		close(w[i].from);
		close(w[i].to);
		w[i].from = -1;
	}
	for (i = 0; i < n; i++)
		if (w[i].from >= 0)
			w[kept++] = w[i];
	return kept;
}

int main(void)
{
	struct way w[2 * N] = { { 0 } };
	int waits[2 * N], fd[2], file, i, n = 0;
	size_t k;

	file = open("full", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(file >= 0);
	for (k = 0; k < MOST + sizeof(bytes); k += sizeof(bytes)) {
		for (i = 0; i < (int)sizeof(bytes); i++)
			bytes[i] = PATTERN(k + i);
		CHECK(write(file, bytes, sizeof(bytes)) == sizeof(bytes));
	}
	for (k = 0; k < N; k++) {
		open_pair(&hows[k], fd);
		w[n] = (struct way){ .from = fd[0], .to = fd[1] };
		fill(&hows[k], &w[n++], file);
		if (hows[k].both) {
			w[n] = (struct way){ .from = fd[1], .to = fd[0] };
			fill(&hows[k], &w[n++], file);
		}
		if (hows[k].fin)
			CHECK(shutdown(fd[0], SHUT_WR) == 0);
	}
	wait_quiet(w, n);
	n = choose(w, n);
	CHECK(n > 0);
	for (i = 0; i < n; i++)
		waits[i] = asked(w[i].from, SIOCOUTQ);
	work_ready();
	for (i = 0; i < n; i++)
		CHECK_EQ(asked(w[i].from, SIOCOUTQ), waits[i]);
	for (i = 0; i < n; i++) {
		while (w[i].got < w[i].sent)
			CHECK(take(&w[i], sizeof(bytes), 0) > 0);
		CHECK(take(&w[i], 1, MSG_DONTWAIT) <= 0);
	}
	work_pass();
}
