// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A socket as the kernel's memory has it. It takes one call, and several rooms want to know: whether it has a filter,
 * options, a network namespace, and what of TCP is told only in repair mode. What does not show there is asked.
 */
#include <errno.h>
#include <string.h>

#include "sock_view.h"

#define MANY 500	/* sockets: fewer are asked for everything */

static bool many_sockets(const struct snap *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->nr_files && n < MANY; i++)
		n += S_ISSOCK(s->files[i]->st.st_mode);
	return n == MANY;
}

static struct sock_view *begin(struct snap *s)
{
	struct sock_view *v = pool_alloc(&s->scratch, sizeof(*v));
	int rc = -EOPNOTSUPP;

	if (!v)
		return NULL;
	*v = (struct sock_view){ .f = NULL };
	v->k = !s->live && many_sockets(s) ? snap_kmem(s, &rc) : NULL;
	return s->sock_view = v;
}

bool sock_view_can(struct snap *s)
{
	const struct sock_view *v = s->sock_view ?: begin(s);

	return v && v->k;
}

const struct sock_view *sock_view(struct snap *s, const struct file *f)
{
	struct sock_view *v = s->sock_view ?: begin(s);
	uint64_t sk;

	if (!v || !v->k || !S_ISSOCK(f->st.st_mode))
		return NULL;
	if (v->f != f) {
		v->rc = kmem_socket_read(v->k, f->dup, &sk, v->words, sizeof(v->words));
		v->f = f;
	}
	return v->rc ? NULL : v;
}

void sock_view_forget(struct snap *s)
{
	if (s->sock_view)
		s->sock_view->f = NULL;
}

bool sock_view_get(const struct sock_view *v, enum kmember m, size_t more, void *buf, size_t len)
{
	long at = v->k->at[m];

	if (at < 0 || at + more + len > sizeof(v->words))
		return false;
	memcpy(buf, (const char *)v->words + at + more, len);
	return true;
}

bool sock_view_none(const struct sock_view *v, enum kmember m)
{
	uint64_t p;

	return v && sock_view_get(v, m, 0, &p, sizeof(p)) && !p;
}
