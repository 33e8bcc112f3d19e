// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages for tasks that run already, by userfaultfd(2): on first touch, and one after the other in the
 * background.
 *
 * Meanwhile the program goes on as it likes: it forks (the child lacks the same pages), moves memory,
 * unmaps it and gives it back. The kernel tells each of these before it is done, and whoever does it
 * waits until we have read that. Memory that is registered and lacks nothing is new: it has zeros.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "res/mm/fed.h"
#include "serve.h"

#define EVENTS 16
#define TICK_MS 200	/* and it is not waited longer */

static bool guards_in(const struct fed *f, uint64_t start, uint64_t end)
{
	const struct crfs_guard *g;
	size_t i, n;

	g = image_recs(f->o, &res_mm_maps, 2, &n);
	for (i = 0; i < n; i++)
		if (g[i].start < end && g[i].end > start)
			return true;
	return false;
}

/*
 * What has a lock is there; a stack is touched first of all; what a fork wipes is not to come back. Guards are
 * made when the rest is there, and what lies between extents may be registered with them (serve_mark.c).
 */
bool serve_fits(const struct fed *f, uint64_t start, uint64_t len)
{
	const uint64_t now = CRFS_VMA_LOCKED | CRFS_VMA_GROWSDOWN | CRFS_VMA_WIPEONFORK;
	const struct crfs_vma *r = fed_row(f, start);

	return fed_pastes(f, r) && r->end >= start + len && !(r->flags & now) && !guards_in(f, r->start, r->end);
}

static struct space *new_space(struct serve *s, int uffd)
{
	struct space *v = realloc(s->space, (s->nr + 1) * sizeof(*v));
	int flags = fcntl(uffd, F_GETFL);

	if (!v)
		return NULL;
	s->space = v;
	if (flags < 0 || fcntl(uffd, F_SETFL, flags | O_NONBLOCK))
		return NULL;
	v = &v[s->nr++];
	*v = (struct space){ .uffd = uffd };
	return v;
}

static int add_piece(struct space *v, size_t at, struct piece p)
{
	struct piece *more;

	if (v->nr == v->room) {
		v->room = v->room ? 2 * v->room : 64;
		more = realloc(v->piece, v->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		v->piece = more;
	}
	memmove(v->piece + at + 1, v->piece + at, (v->nr - at) * sizeof(p));
	v->piece[at] = p;
	v->nr++;
	return 0;
}

/* The first that ends behind @at */
static size_t find(const struct space *v, uint64_t at)
{
	size_t lo = v->first, hi = v->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (v->piece[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct space *space_of(struct serve *s, const struct fed *f)
{
	struct space *v;
	size_t i;
	int fd;

	for (i = s->nr; i-- > 0;)
		if (s->space[i].of == f)
			return &s->space[i];
	fd = fcntl(f->uffd, F_DUPFD_CLOEXEC, 3);
	v = fd < 0 ? NULL : new_space(s, fd);
	if (v)
		v->of = f;
	return v;
}

int serve_add(struct serve *s, const struct fed *f, uint64_t start, struct node *n)
{
	struct space *v = space_of(s, f);

	return v ? add_piece(v, find(v, start), (struct piece){ start, start + n->size, n, 0 }) : -ENOMEM;
}

/* So that a piece begins at @at, if any goes over it. */
static int split(struct space *v, uint64_t at)
{
	size_t i = find(v, at);
	struct piece p;

	if (i == v->nr || v->piece[i].start >= at)
		return 0;
	p = v->piece[i];
	p.off += at - p.start;
	p.start = at;
	v->piece[i].end = at;
	return add_piece(v, i + 1, p);
}

/* Nothing comes there any more. */
static int forget(struct space *v, uint64_t start, uint64_t end)
{
	int rc = split(v, start) ?: split(v, end);
	size_t i = find(v, start), k = i;

	if (rc)
		return rc;
	while (k < v->nr && v->piece[k].start < end)
		k++;
	if (i == v->first) {
		v->first = k;
		return 0;
	}
	memmove(v->piece + i, v->piece + k, (v->nr - k) * sizeof(*v->piece));
	v->nr -= k - i;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int move(struct space *v, uint64_t from, uint64_t to, uint64_t len)
{
	int rc = split(v, from) ?: split(v, from + len);
	size_t i;

	for (i = v->first; i < v->nr && !rc; i++) {
		if (v->piece[i].start < from || v->piece[i].end > from + len)
			continue;
		v->piece[i].end += to - from;
		v->piece[i].start += to - from;
	}
	if (!rc)
		qsort(v->piece + v->first, v->nr - v->first, sizeof(*v->piece), by_start);
	return rc;
}

static int forked(struct serve *s, size_t of, int uffd)
{
	struct space *v = new_space(s, uffd), *parent = &s->space[of];
	size_t i;
	int rc = v ? 0 : -ENOMEM;

	for (i = parent->first; i < parent->nr && !rc; i++)
		rc = add_piece(v, v->nr, parent->piece[i]);
	if (!rc && s->forked)
		s->forked(s, uffd);
	return rc;
}

int serve_load(struct serve *s, struct node *n, struct err *e)
{
	int rc = 0;

	if (s->loaded == n)
		return 0;
	if (!s->buf)
		s->buf = malloc(CRFS_EXTENT_SIZE);
	s->loaded = NULL;
	rc = s->buf ? s->load(s, n, s->buf, e) : fail(e, -ENOMEM, "memory for pages on their way");
	if (!rc)
		s->loaded = n;
	return rc;
}

/*
 * Puts it there. -EAGAIN: something happens to this memory, and its event comes first; what is there by
 * then is not pending any more. A page that is there already was touched since it was given back. Where
 * a mapping ends within (mprotect(2)), page by page; a page that has none is not there to be missed.
 */
static int place(struct space *v, struct piece p, const char *bytes)
{
	uint64_t at = p.start, most = p.end - p.start;
	struct uffdio_copy c;

	while (at < p.end) {
		c = (struct uffdio_copy){ .dst = at, .src = (uintptr_t)bytes + (at - p.start),
					  .len = most < p.end - at ? most : p.end - at };
		if (!ioctl(v->uffd, UFFDIO_COPY, &c))
			at += c.len;
		else if (c.copy > 0)
			at += c.copy;
		else if (errno == EEXIST || ((errno == ENOENT || errno == EINVAL) && most == PAGE))
			at += PAGE;
		else if (errno == ENOENT || errno == EINVAL)
			most = PAGE;
		else if (errno != EAGAIN)
			return -errno;
		else
			return forget(v, p.start, at) ?: -EAGAIN;
	}
	return forget(v, p.start, p.end);
}

static int bring(struct serve *s, struct space *v, size_t i, struct err *e)
{
	struct piece p = v->piece[i];
	int rc = serve_load(s, p.n, e);

	if (rc)
		return rc;
	rc = place(v, p, s->buf + p.off);
	if (rc == -ESRCH)
		v->first = v->nr;	/* it is gone: nobody lacks anything */
	else if (rc && rc != -EAGAIN)
		return fail(e, rc, "putting pages in place");
	return 0;
}

/* What is neither pending nor there is new. Whoever waits looks again, and asks again if he must. */
static int fault(struct serve *s, struct space *v, uint64_t at, struct err *e)
{
	struct uffdio_zeropage z = { .range = { at & -PAGE, PAGE } };
	size_t i = find(v, at);
	int rc = 0;

	if (i < v->nr && v->piece[i].start <= at)
		rc = bring(s, v, i, e);
	else
		ioctl(v->uffd, UFFDIO_ZEROPAGE, &z);
	ioctl(v->uffd, UFFDIO_WAKE, &z.range);
	return rc;
}

static int take_event(struct serve *s, size_t of, const struct uffd_msg *m, struct err *e)
{
	struct space *v = &s->space[of];
	int rc = 0;

	switch (m->event) {
	case UFFD_EVENT_PAGEFAULT:
		return fault(s, v, m->arg.pagefault.address, e);
	case UFFD_EVENT_FORK:
		rc = forked(s, of, m->arg.fork.ufd);
		break;
	case UFFD_EVENT_REMAP:
		rc = move(v, m->arg.remap.from, m->arg.remap.to, m->arg.remap.len);
		break;
	case UFFD_EVENT_REMOVE:
	case UFFD_EVENT_UNMAP:
		rc = forget(v, m->arg.remove.start, m->arg.remove.end);
		break;
	}
	return rc ? fail(e, rc, "following what the program does to its memory") : 0;
}

/* Changes first: a fault is about memory as it is after them. */
static int take_events(struct serve *s, size_t of, struct err *e)
{
	struct uffd_msg m[EVENTS];
	ssize_t n = read(s->space[of].uffd, m, sizeof(m));
	size_t i, nr = n > 0 ? n / sizeof(*m) : 0;
	int rc = 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail(e, -errno, "reading from a userfaultfd");
	for (i = 0; i < nr && !rc; i++)
		if (m[i].event != UFFD_EVENT_PAGEFAULT)
			rc = take_event(s, of, &m[i], e);
	for (i = 0; i < nr && !rc; i++)
		if (m[i].event == UFFD_EVENT_PAGEFAULT)
			rc = take_event(s, of, &m[i], e);
	return rc;
}

static bool all_there(const struct serve *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->space[i].first < s->space[i].nr)
			return false;
	return true;
}

/* What has been asked for and told since. It does not wait where there is more to be brought. */
static int look(struct serve *s, struct pollfd **fds, struct err *e)
{
	size_t i, n = s->nr;
	struct pollfd *v = realloc(*fds, (n + 1) * sizeof(*v));
	int rc = 0;

	if (!v)
		return fail(e, -ENOMEM, "memory for what is missing yet");
	*fds = v;
	for (i = 0; i < n; i++)
		v[i] = (struct pollfd){ s->space[i].uffd, POLLIN, 0 };
	v[n] = (struct pollfd){ s->quiet, 0, 0 };
	if (poll(v, n + 1, s->quiet < 0 ? 0 : TICK_MS) < 0 && errno != EINTR)
		return fail(e, -errno, "poll");
	for (i = 0; i < n && !rc; i++)
		if (v[i].revents & POLLIN)
			rc = take_events(s, i, e);
	if (v[n].revents) {
		close(s->quiet);
		s->quiet = -1;
	}
	return rc;
}

/* The next for everybody: a child that was forked lacks what its parent lacks, and it is read once. */
static int background(struct serve *s, struct err *e)
{
	struct node *n = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr && !rc; i++) {
		struct space *v = &s->space[i];

		if (v->first == v->nr || (n && v->piece[v->first].n != n))
			continue;
		n = v->piece[v->first].n;
		rc = bring(s, v, v->first, e);
	}
	return rc;
}

int serve_run(struct serve *s, struct err *e)
{
	struct pollfd *fds = NULL;
	int rc = 0;

	while (!rc && !all_there(s)) {
		rc = look(s, &fds, e);
		if (!rc && s->tick)
			rc = s->tick(s, e);
		if (!rc && s->quiet < 0 && !all_there(s))
			rc = background(s, e);
	}
	free(fds);
	return rc;
}
