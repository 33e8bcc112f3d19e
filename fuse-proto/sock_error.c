// SPDX-License-Identifier: GPL-2.0-or-later
/* The error that a socket has not yet told. poll(2) says that there is one; only the kernel's memory, which. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "fdroom.h"
#include "kmem.h"
#include "sock_error.h"

#define CONNECTING 2	/* SS_CONNECTING, linux/net.h */

bool sock_error_waits(int fd)
{
	struct pollfd p = { .fd = fd };

	poll(&p, 1, 0);
	return p.revents & POLLERR;
}

void sock_error_name(struct snap *s, const struct file *f)
{
	snap_lost(s, file_obj(s, f), "an error that the program was not yet told of (SO_ERROR)");
}

int sock_error_look(struct snap *s, const struct file *f, struct sock_error *e)
{
	uint64_t file, sock, sk;
	uint32_t state = 0;
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	*e = (struct sock_error){ .err = 0 };
	if (!k)
		return rc;
	if (k->at[K_QUEUE_LEN] < 0 || k->at[K_SK_ERRORS] < 0)
		return -EOPNOTSUPP;
	rc = kmem_file(k, f->dup, &file) ?: kmem_get(k, file, K_FILE_PRIVATE, &sock, sizeof(sock));
	rc = rc ?: kmem_get(k, sock, K_SOCKET_SK, &sk, sizeof(sk));
	rc = rc ?: kmem_get(k, sock, K_SOCKET_STATE, &state, sizeof(state));
	rc = rc ?: kmem_get(k, sk, K_SK_ERR, &e->err, sizeof(e->err));
	e->connecting = state == CONNECTING;
	return rc ?: kmem_read(k, sk + k->at[K_SK_ERRORS] + k->at[K_QUEUE_LEN], &e->queued, sizeof(e->queued));
}
