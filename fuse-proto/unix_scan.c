// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The container's unix sockets, seen together.
 *
 * A socket that was met may have others in its queue, and those again: round by round, until nothing new is
 * found; a cycle ends where it meets itself. A description that only a queue has is held open by us while
 * the tree is made, and numbered behind those that tasks have.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem.h"
#include "snap_files.h"
#include "sock_net.h"
#include "sockopt.h"
#include "unix_scan.h"

/**
 * struct unixes - all
 * @told: fdinfo of a socket says whether it is a unix socket
 * @by_ino: sorted, when all were found; @cap: room in it
 * @held: our duplicates of what is in flight
 */
struct unixes {
	struct udiags diags;
	int diag_error;
	bool told;
	struct usock **by_ino;
	size_t n, cap;
	int *held;
	size_t nr_held;
};

static void *more(void *p, size_t n, size_t size)
{
	return n & (n - 1) ? p : realloc(p, (n ? 2 * n : 1) * size);
}

/* What sock_diag(7) says of it; of those of another network namespace, asked there. */
static const struct udiag *diag_of(struct snap *s, struct unixes *all, const struct file *f, int dup)
{
	const struct udiag *d = all->diag_error ? NULL : udiag_find(&all->diags, f->st.st_ino);
	struct sock_net *n = d || all->diag_error ? NULL : sock_net_of(s, f, dup);

	if (!n || n == s->net || sock_net_go(s, n))
		return d;
	if (!n->dumped)
		all->diag_error = udiag_more(&all->diags);
	n->dumped = true;
	d = all->diag_error ? NULL : udiag_find(&all->diags, f->st.st_ino);
	all->diag_error = sock_net_go(s, s->nets) ?: all->diag_error;
	return d;
}

static struct usock *add(struct snap *s, struct unixes *all, struct file *f, int dup)
{
	struct usock *u = pool_alloc(&s->scratch, sizeof(*u));
	struct usock **list = u ? more(all->by_ino, all->n, sizeof(*list)) : NULL;
	const struct udiag *d;

	if (!list)
		return NULL;
	all->by_ino = list;
	all->by_ino[all->n++] = u;
	u->f = f;
	u->carrier = f->carrier ? f->carrier : f->task;
	u->type = f->sock.type;
	u->listens = f->sock.listens == 1;
	u->q.last = &u->q.first;
	u->last_closed = &u->closed;
	u->urgent_at = -1;
	d = diag_of(s, all, f, dup);
	if (d) {
		u->diag = *d;
		u->known = true;
	}
	return u;
}

/* Takes over @fd, a descriptor that was in the queue of @u. */
static int meet(struct snap *s, struct unixes *all, struct usock *u, int fd, struct file **f)
{
	int *held = more(all->held, all->nr_held, sizeof(*held));
	int rc = held ? files_flight(s, u->carrier, fd, f) : -ENOMEM;

	if (held)
		all->held = held;
	if (!rc && (*f)->flight && (*f)->fd == fd)
		all->held[all->nr_held++] = fd;
	else
		close(fd);
	return rc;
}

static int meet_all(struct snap *s, struct unixes *all, struct usock *u)
{
	struct umsg *m;
	size_t n = 0, i;
	int rc = 0;

	for (m = u->q.first; m; m = m->next)
		n += m->nr_fds;
	u->files = pool_alloc(&s->scratch, (n + 1) * sizeof(*u->files));
	if (!u->files)
		rc = -ENOMEM;
	for (m = u->q.first; m; m = m->next)
		for (i = 0; i < m->nr_fds; i++) {
			if (rc)
				close(m->fds[i]);
			else
				rc = meet(s, all, u, m->fds[i], &u->files[u->nr_files++]);
		}
	return rc;
}

/* What the kernel counts in flight, and what was seen: a socket may forbid it (SO_PASSRIGHTS). */
static void count_fds(struct snap *s, struct usock *u)
{
	uint64_t n;

	if (file_info_num(u->f, "scm_fds", 10, &n) && n != u->nr_files)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "%llu descriptors wait in it, of which %zu can be seen: "
				 "let the program receive them", (unsigned long long)n, u->nr_files);
}

static int read_queue(struct snap *s, struct unixes *all, struct usock *u, struct upeek *p)
{
	int rc = upeek_read(p, &s->scratch, &u->q), rc2 = meet_all(s, all, u);

	count_fds(s, u);
	if (rc || rc2)
		return fail_on(s->err, rc ?: rc2, file_obj(s, u->f), "looking into its queue%s",
			       rc == -EMFILE ? ": raise the limit of open files" : "");
	return 0;
}

/* To look at it by recv(2) stops there. */
static bool see_urgent(struct snap *s, struct usock *u, int dup)
{
	int rc = 0;
	struct kmem *k = s->live ? NULL : snap_kmem(s, &rc);

	return k && !unix_urgent_read(s, k, u, dup);
}

/* Is there anything to be looked into? A pending error would be taken by looking. */
static bool has_queue(struct snap *s, struct usock *u, int dup)
{
	struct pollfd p = { .fd = dup, .events = POLLIN | POLLPRI };
	int inq = 0;

	if (u->listens || poll(&p, 1, 0) <= 0)
		return false;
	u->reset = p.revents & POLLERR;
	u->urgent = p.revents & POLLPRI;
	if (ioctl(dup, FIONREAD, &inq) < 0)
		inq = 0;
	if (u->urgent && !see_urgent(s, u, dup))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "urgent data (MSG_OOB) waits in it: let the program read it");
	if (u->type == SOCK_STREAM || u->reset) {
		if (inq > 0 && u->reset && u->type != SOCK_STREAM)
			snap_unsupported(s, -EBUSY, file_obj(s, u->f),
					 "an error waits in it before what it has received: "
					 "let the program read it");
		return inq > 0 && u->type == SOCK_STREAM && !u->urgent;
	}
	return p.revents & POLLIN;
}

/** struct round - sockets whose queues are looked into together */
struct round {
	struct usock **u;
	struct upeek *p;
	size_t n;
};

static int read_round(struct snap *s, struct unixes *all, struct round *r)
{
	pid_t guard;
	size_t i;
	int rc = 0;

	if (!r->n)
		return 0;
	guard = upeek_begin(r->p, r->n);
	if (guard < 0)
		return fail(s->err, guard, "fork a guard of socket options");
	for (i = 0; i < r->n && !rc; i++)
		rc = read_queue(s, all, r->u[i], &r->p[i]);
	upeek_end(r->p, r->n, guard);
	return rc;
}

static int join(struct snap *s, struct round *r, struct usock *u, int dup)
{
	struct usock **us = more(r->u, r->n, sizeof(*us));
	struct upeek *p;

	if (us)
		r->u = us;
	p = us ? more(r->p, r->n, sizeof(*p)) : NULL;
	if (!p)
		return fail(s->err, -ENOMEM, "unix sockets");
	r->p = p;
	r->u[r->n] = u;
	r->p[r->n++] = (struct upeek){ .fd = dup, .type = u->type };
	return 0;
}

/* Of sockets, those of AF_UNIX alone count in fdinfo what is in flight in them (Linux 5.9). Does this kernel? */
static bool info_tells(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[32], info[512];
	FILE *f;
	size_t n;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	f = fd < 0 ? NULL : fopen(name, "re");
	n = f ? fread(info, 1, sizeof(info) - 1, f) : 0;
	info[n] = '\0';
	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	return strstr(info, "\nscm_fds:");
}

/* Without a system call, where it can be known; and then filled in. */
static bool is_unix(struct unixes *all, struct file *f, int dup)
{
	const struct udiag *d = all->diag_error || !all->told ? NULL : udiag_find(&all->diags, f->st.st_ino);

	if (!d)
		return file_sock_unix(f, dup);
	f->sock = (struct sock_kind){ .domain = AF_UNIX, .type = d->type, .listens = d->listens };
	return true;
}

/* A live view shows no queues: looking into them would be noticed. */
static int look_at(struct snap *s, struct unixes *all, struct round *r, struct file *f)
{
	int dup, rc = 0;
	struct usock *u;

	if (!S_ISSOCK(f->st.st_mode) || (f->flags & O_PATH) || (all->told && !info_line(f->info, "scm_fds")))
		return 0;
	dup = files_getfd(s, f->task, f->fd);
	if (dup < 0)
		return s->live ? 0 : fail_on(s->err, dup, file_obj(s, f), "pidfd_getfd");
	if (is_unix(all, f, dup)) {
		u = add(s, all, f, dup);
		if (!u)
			rc = fail(s->err, -ENOMEM, "unix sockets");
		else if (!s->live && has_queue(s, u, dup)) {
			rc = join(s, r, u, dup);
			if (!rc)
				return 0;
		} else if (!s->live && !u->listens) {
			count_fds(s, u);
		}
	}
	files_keep(s, f, dup);
	return rc;
}

static int rounds(struct snap *s, struct unixes *all)
{
	size_t at = 0, end;
	int rc = 0;

	while (at < s->nr_files && !rc) {
		struct round r = { .n = 0 };

		for (end = s->nr_files; at < end && !rc; at++)
			rc = look_at(s, all, &r, s->files[at]);
		if (!rc)
			rc = read_round(s, all, &r);
		while (r.n)
			close(r.p[--r.n].fd);
		free(r.u);
		free(r.p);
	}
	return rc;
}

static int by_ino(const void *a, const void *b)
{
	const struct usock *const *x = a, *const *y = b;

	return (*x)->f->st.st_ino < (*y)->f->st.st_ino ? -1 :
	       (*x)->f->st.st_ino > (*y)->f->st.st_ino;
}

static struct usock *find(const struct unixes *all, ino_t ino)
{
	struct file f = { .st.st_ino = ino };
	struct usock key = { .f = &f }, *k = &key, **found;

	found = all->n ? bsearch(&k, all->by_ino, all->n, sizeof(k), by_ino) : NULL;
	return found ? *found : NULL;
}

static void add_closed(struct snap *s, struct usock *l, unsigned int place)
{
	struct uclosed *c = pool_alloc(&s->scratch, sizeof(*c));
	struct usock *u = c ? pool_alloc(&s->scratch, sizeof(*u)) : NULL;

	if (!u) {
		snap_unsupported(s, -ENOMEM, file_obj(s, l->f), "the connections that wait to be accepted");
		return;
	}
	*u = (struct usock){ .f = l->f, .carrier = l->carrier, .type = l->type, .q.last = &u->q.first, .urgent_at = -1 };
	*c = (struct uclosed){ .place = place, .u = u };
	*l->last_closed = c;
	l->last_closed = &c->next;
}

/* The other end of a connection that waits to be accepted is nobody's yet; the listener knows ours. */
static void find_waiting(struct snap *s, struct unixes *all, struct usock *l)
{
	struct usock *u;
	size_t i;

	for (i = 0; i < l->diag.nr_waiting; i++) {
		u = find(all, l->diag.waiting[i]);
		if (u) {
			u->listener = l;
			u->place = i + 1;
			continue;
		}
		if (!l->diag.waiting[i])
			add_closed(s, l, i + 1);
		else
			snap_unsupported(s, -EXDEV, file_obj(s, l->f),
					 "a connection waits to be accepted that comes from outside the "
					 "container, from socket:[%u]: let the program accept it, or end that",
					 l->diag.waiting[i]);
	}
}

static void relate(struct snap *s, struct unixes *all)
{
	struct usock *u;
	size_t i;

	if (all->n)
		qsort(all->by_ino, all->n, sizeof(u), by_ino);
	for (i = 0; i < all->n; i++) {
		u = all->by_ino[i];
		if (u->listens)
			find_waiting(s, all, u);
		else if (u->diag.has_peer && u->diag.peer)
			u->peer = find(all, u->diag.peer);
	}
}

/* Of those whose other end was closed nothing else tells. */
static void look_into_closed(struct snap *s, struct usock *l)
{
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	rc = k ? unix_closed_read(s, k, l) : rc;
	l->unseen = rc;
	if (rc == -ENXIO)
		snap_unsupported(s, -EAGAIN, file_obj(s, l->f), "descriptors that nobody else has were sent into a connection that "
				 "waits to be accepted and was closed: let the program accept it, and freeze again");
	else if (rc)
		snap_unsupported(s, -EAGAIN, file_obj(s, l->f), "a connection waits to be accepted whose other end was closed, "
				 "and this kernel does not show it: let the program accept it, and freeze again");
}

/* What was sent into connections that wait. */
static void look_into_waiting(struct snap *s, struct unixes *all)
{
	struct kmem *k;
	int out, rc;
	size_t i;

	for (i = 0; i < all->n && !s->live; i++) {
		struct usock *u = all->by_ino[i];
		int dup = u->listener ? files_getfd(s, u->f->task, u->f->fd) : -1;

		if (dup >= 0 && ioctl(dup, SIOCOUTQ, &out) == 0 && out) {
			k = snap_kmem(s, &rc);
			u->unseen = k ? unix_queued_read(s, k, u) : rc;
		}
		if (dup >= 0)
			close(dup);
		if (u->closed)
			look_into_closed(s, u);
	}
}

int unix_scan(struct snap *s)
{
	struct unixes *all = calloc(1, sizeof(*all));
	size_t i = 0;
	int rc;

	if (!all)
		return fail(s->err, -ENOMEM, "unix sockets");
	s->unixes = all;
	while (i < s->nr_files && !S_ISSOCK(s->files[i]->st.st_mode))
		i++;
	if (i == s->nr_files)
		return 0;
	all->diag_error = udiag_dump(&all->diags);
	all->told = info_tells();
	rc = rounds(s, all);
	relate(s, all);
	if (!rc)
		look_into_waiting(s, all);
	return rc;
}

struct usock *unix_sock(const struct snap *s, const struct file *f)
{
	return s->unixes ? find(s->unixes, f->st.st_ino) : NULL;
}

int unix_diag_error(const struct snap *s)
{
	return s->unixes ? s->unixes->diag_error : -ENODATA;
}

void unix_free(struct snap *s)
{
	struct unixes *all = s->unixes;
	struct uclosed *c;
	size_t i;

	if (!all)
		return;
	while (all->nr_held)
		close(all->held[--all->nr_held]);
	for (i = 0; i < all->n; i++) {
		free(all->by_ino[i]->q.data);
		for (c = all->by_ino[i]->closed; c; c = c->next)
			free(c->u->q.data);
	}
	udiag_free(&all->diags);
	free(all->by_ino);
	free(all->held);
	free(all);
	s->unixes = NULL;
}
