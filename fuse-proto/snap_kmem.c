// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's memory, for the snapshot being taken: opened when the first room asks, since that takes some ten
 * milliseconds (it reads the kernel's types), and closed when the files have been read.
 */
#include <errno.h>
#include <stdlib.h>

#include "kmem.h"
#include "read.h"

/** struct kmem_look - @rc: 0, or why it is not to be had */
struct kmem_look {
	int rc;
	struct kmem k;
};

struct kmem *snap_kmem(struct snap *s, int *rc)
{
	struct kmem_look *l = s->kmem;

	if (!l) {
		l = s->kmem = malloc(sizeof(*l));
		if (l)
			l->rc = kmem_open(&l->k);
	}
	*rc = l ? l->rc : -ENOMEM;
	return *rc ? NULL : &l->k;
}

void snap_kmem_close(struct snap *s)
{
	if (s->kmem && !s->kmem->rc)
		kmem_close(&s->kmem->k);
	free(s->kmem);
	s->kmem = NULL;
}
