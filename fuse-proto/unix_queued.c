// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was sent into a unix connection that waits to be accepted, or has urgent data in it (MSG_OOB).
 *
 * The socket that the first lies in has no descriptor yet, and maybe no other end any more; urgent data hides what is behind it: so these are
 * looked at in the kernel's memory (kmem.h), the former from the socket of the sender on. Who sent is the kernel's
 * struct pid, whose number is that of our level of pid namespaces; descriptors in flight are struct files, and known if
 * a task has them too. Only the sender adds to it, and that is frozen; nobody takes from it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kmem_pid.h"
#include "snap_files.h"
#include "unix_name.h"
#include "unix_scan.h"

#define SKBS_MAX 1000000
#define MAX_FDS 253		/* in a message, include/net/scm.h */

/** struct letter - a buffer as it lies there; @fp: its descriptors; @skip: bytes of it that were read already */
struct letter {
	uint64_t skb, fp;
	uint32_t len, skip;
	bool creds;
	pid_t pid;
	uint32_t uid, gid;
};

static int part(struct kmem *k, uint64_t skb, enum kmember m, void *buf, size_t len)
{
	return k->at[m] < 0 ? -EOPNOTSUPP : kmem_read(k, skb + k->at[K_SKB_CB] + k->at[m], buf, len);
}

static int read_letter(struct kmem *k, uint64_t skb, struct letter *l)
{
	uint64_t pid, ns;
	int rc = kmem_get(k, skb, K_SKB_LEN, &l->len, sizeof(l->len));

	l->skb = skb;
	l->skip = 0;
	if (!rc && k->at[K_UCB_CONSUMED] >= 0)
		rc = part(k, skb, K_UCB_CONSUMED, &l->skip, sizeof(l->skip));
	if (!rc && l->skip > l->len)
		rc = -ESTALE;
	l->len -= l->skip;
	if (!rc)
		rc = part(k, skb, K_UCB_PID, &pid, sizeof(pid));
	if (!rc)
		rc = part(k, skb, K_UCB_FP, &l->fp, sizeof(l->fp));
	l->creds = pid;
	l->pid = 0;
	l->uid = l->gid = 0;
	if (rc || !pid)
		return rc;
	rc = kmem_pid_number(k, pid, 0, &l->pid, &ns);
	if (!rc)
		rc = part(k, skb, K_UCB_UID, &l->uid, sizeof(l->uid));
	return rc ? rc : part(k, skb, K_UCB_GID, &l->gid, sizeof(l->gid));
}

/** struct known - a description of the container, and where it lies */
struct known {
	uint64_t addr;
	struct file *f;
};

static int by_addr(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Where every description lies that is known. */
static int list_known(struct snap *s, struct kmem *k, struct known **all)
{
	struct known *l = calloc(s->nr_files + 1, sizeof(*l));
	size_t i;
	int rc = l ? 0 : -ENOMEM, fd;

	for (i = 0; i < s->nr_files && !rc; i++) {
		fd = files_getfd(s, s->files[i]->task, s->files[i]->fd);
		l[i].f = s->files[i];
		rc = fd < 0 ? fd : kmem_file(k, fd, &l[i].addr);
		if (fd >= 0)
			close(fd);
	}
	if (rc) {
		free(l);
		return rc;
	}
	qsort(l, s->nr_files, sizeof(*l), by_addr);
	*all = l;
	return 0;
}

/* Return: 0, -ENXIO if only the message has one of them, or another negative errno */
static int find_files(struct snap *s, struct kmem *k, struct usock *u, struct umsg *m, uint64_t fp,
		      struct known **all)
{
	uint64_t list[MAX_FDS];
	int16_t n = 0;
	struct file **more;
	int rc = kmem_get(k, fp, K_FPL_COUNT, &n, sizeof(n)), i;

	if (!rc && (n < 0 || n > MAX_FDS))
		rc = -ESTALE;
	if (!rc)
		rc = kmem_get(k, fp, K_FPL_FP, list, n * sizeof(*list));
	if (!rc && !*all)
		rc = list_known(s, k, all);
	more = rc ? NULL : pool_alloc(&s->scratch, (u->nr_files + n) * sizeof(*more));
	if (!more)
		return rc ?: -ENOMEM;
	if (u->nr_files)
		memcpy(more, u->files, u->nr_files * sizeof(*more));
	u->files = more;
	for (i = 0; i < n; i++) {
		struct known key = { .addr = list[i] }, *f;

		f = bsearch(&key, *all, s->nr_files, sizeof(key), by_addr);
		if (!f)
			return -ENXIO;
		u->files[u->nr_files++] = f->f;
		m->nr_fds++;
	}
	return 0;
}

static bool goes_on(const struct usock *u, const struct umsg *m, const struct letter *l)
{
	return m && u->type == SOCK_STREAM && !m->nr_fds && !l->fp && m->creds == l->creds && m->pid == l->pid &&
	       m->uid == l->uid && m->gid == l->gid;
}

static int add(struct snap *s, struct kmem *k, struct usock *u, const struct letter *l, struct umsg **at,
	       struct known **all)
{
	char *data = realloc(u->q.data, u->q.len + l->len + 1);
	int rc;

	if (!data)
		return -ENOMEM;
	u->q.data = data;
	rc = kmem_skb(k, l->skb, l->skip, data + u->q.len, l->len);
	if (rc)
		return rc;
	u->q.len += l->len;
	if (goes_on(u, *at, l)) {
		(*at)->len += l->len;
		return 0;
	}
	*at = pool_alloc(&s->scratch, sizeof(**at));
	if (!*at)
		return -ENOMEM;
	**at = (struct umsg){ .len = l->len, .creds = l->creds, .pid = l->pid, .uid = l->uid, .gid = l->gid };
	*u->q.last = *at;
	u->q.last = &(*at)->next;
	return l->fp ? find_files(s, k, u, *at, l->fp, all) : 0;
}

/** struct walk - over a queue, whose socket is @sk; @oob: the buffer with urgent data in it, or 0 */
struct walk {
	struct snap *s;
	struct kmem *k;
	struct usock *u;
	uint64_t sk, oob;
	struct umsg *at;
	struct known *all;
};

/* Urgent data is a message by itself; of what has been read nothing is left. */
static int take(struct walk *w, uint64_t skb)
{
	struct letter l;
	int rc = read_letter(w->k, skb, &l);

	if (rc || (w->oob && !l.len))
		return rc;
	if (w->oob && l.fp)
		return -EOPNOTSUPP;
	if (skb == w->oob) {
		w->u->urgent_at = w->u->q.len;
		w->at = NULL;
	}
	rc = add(w->s, w->k, w->u, &l, &w->at, &w->all);
	if (skb == w->oob)
		w->at = NULL;
	return rc;
}

static int walk(struct walk *w)
{
	uint64_t head = w->sk + w->k->at[K_SK_RECEIVE], skb;
	int i, rc = kmem_read(w->k, head, &skb, sizeof(skb));

	for (i = 0; !rc && skb != head; i++) {
		rc = i < SKBS_MAX ? take(w, skb) : -ESTALE;
		if (!rc)
			rc = kmem_read(w->k, skb, &skb, sizeof(skb));
	}
	free(w->all);
	if (rc) {
		w->u->q.first = NULL;
		w->u->nr_files = 0;
	}
	return rc;
}

/* Urgent data in it could not be told from usual. */
static int walk_waiting(struct walk *w)
{
	int rc = 0;

	if (w->k->at[K_UNIX_OOB] >= 0)
		rc = kmem_get(w->k, w->sk, K_UNIX_OOB, &w->oob, sizeof(w->oob)) ?: w->oob ? -EOPNOTSUPP : 0;
	return rc ?: walk(w);
}

int unix_queued_read(struct snap *s, struct kmem *k, struct usock *u)
{
	int fd = files_getfd(s, u->f->task, u->f->fd), rc = fd < 0 ? fd : 0;
	struct walk w = { .s = s, .k = k, .u = u };

	if (!rc)
		rc = kmem_socket(k, fd, &w.sk);
	if (!rc)
		rc = kmem_get(k, w.sk, K_UNIX_PEER, &w.sk, sizeof(w.sk));
	if (fd >= 0)
		close(fd);
	return rc ?: walk_waiting(&w);
}

/* The listener's own queue has a buffer for each. */
int unix_closed_read(struct snap *s, struct kmem *k, struct usock *l)
{
	int fd = files_getfd(s, l->f->task, l->f->fd), rc = fd < 0 ? fd : 0;
	struct uclosed *c = l->closed;
	unsigned int place = 0;
	uint64_t head, skb;

	if (!rc)
		rc = kmem_socket(k, fd, &head);
	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	head += k->at[K_SK_RECEIVE];
	rc = kmem_read(k, head, &skb, sizeof(skb));
	while (!rc && c) {
		if (skb == head)
			return -ESTALE;
		if (++place == c->place) {
			struct walk w = { .s = s, .k = k, .u = c->u };

			rc = kmem_get(k, skb, K_SKB_SK, &w.sk, sizeof(w.sk));
			c->sk = w.sk;
			rc = rc ?: walk_waiting(&w);
			c = c->next;
		}
		rc = rc ?: kmem_read(k, skb, &skb, sizeof(skb));
	}
	return rc;
}

int unix_urgent_read(struct snap *s, struct kmem *k, struct usock *u, int fd)
{
	struct walk w = { .s = s, .k = k, .u = u };
	int rc = kmem_socket(k, fd, &w.sk) ?: kmem_get(k, w.sk, K_UNIX_OOB, &w.oob, sizeof(w.oob));

	if (!rc && (!w.oob || k->at[K_UCB_CONSUMED] < 0))
		rc = -EOPNOTSUPP;
	rc = rc ?: walk(&w);
	return rc ?: u->urgent_at < 0 ? -ESTALE : 0;
}

int unix_peer_name(struct snap *s, struct kmem *k, uint64_t sk, struct crfs_str *name)
{
	const size_t before = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un a = { .sun_family = AF_UNSPEC };
	struct crfs_str str;
	uint64_t addr = 0;
	int32_t len = 0;
	char *p;
	int rc = kmem_get(k, sk, K_UNIX_PEER, &sk, sizeof(sk));

	if (!rc && sk)
		rc = kmem_get(k, sk, K_UNIX_ADDR, &addr, sizeof(addr));
	*name = (struct crfs_str){ NULL, 0 };
	if (rc || !addr)
		return rc;
	rc = kmem_get(k, addr, K_UADDR_LEN, &len, sizeof(len));
	if (!rc && (len < (int)before || len > (int)sizeof(a) + 1))
		rc = -ESTALE;
	if (!rc)
		rc = kmem_get(k, addr, K_UADDR_NAME, &a, len < (int)sizeof(a) ? (size_t)len : sizeof(a));
	if (rc)
		return rc;
	str = uname_str(&a, len);
	p = pool_alloc(&s->pool, str.len + 1);
	if (!p)
		return -ENOMEM;
	memcpy(p, str.p, str.len);
	*name = (struct crfs_str){ p, str.len };
	return 0;
}
