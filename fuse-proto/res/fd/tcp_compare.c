// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Do two ends of a connection in the container tell the same? They are read one after the other, and the kernel goes on
 * sending meanwhile what was not acknowledged, or probes a full window: rarely, what the first has told is not so any more
 * when the second is asked. Neither end could be put back then, so it is seen at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "fdroom.h"
#include "sock_net.h"
#include "tcp_look.h"

#define STEP 64		/* a power of two */

int tcp_tell(struct tcp_look *l, const struct tcp_told *t)
{
	struct tcp_told *more = l->told;

	if (!(l->nr_told & (STEP - 1)))
		more = realloc(l->told, (l->nr_told + STEP) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->told = more;
	more[l->nr_told++] = *t;
	return 0;
}

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}

static int by_conn(const void *a, const void *b)
{
	const struct tcp_told *x = a, *y = b;

	return x->c < y->c ? -1 : x->c > y->c;
}

/* As check_pair() of tcp_check.c asks for. */
static bool go_together(const struct tcp_told *t, const struct tcp_told *peer)
{
	return !after(peer->rcv, t->nxt) && !after(t->una - t->fin, peer->rcv);
}

void tcp_compare(struct tcp_look *l)
{
	const struct tcp_told *t, *p;
	struct sock_net *here = l->s->net;
	struct tcp_told key;

	qsort(l->told, l->nr_told, sizeof(*l->told), by_conn);
	for (t = l->told; t < l->told + l->nr_told; t++) {
		key.c = tcp_peer_of(l, t->at, t->c);
		p = key.c ? bsearch(&key, l->told, l->nr_told, sizeof(*p), by_conn) : NULL;
		if (p && !go_together(t, p))
			snap_unsupported(l->s, -EAGAIN, file_obj(l->s, t->f), "packets have come while it and its peer were "
					 "read: freeze it again");
	}
	sock_net_go(l->s, here);
}
