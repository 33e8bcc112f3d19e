/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket as the kernel's memory has it, where there are so many that asking for all they tell takes long. */
#ifndef CRFS_SOCK_VIEW_H
#define CRFS_SOCK_VIEW_H

#include <stdbool.h>

#include "kmem.h"
#include "snap.h"
#include "sockopt_words.h"

/**
 * struct sock_view - the first bytes of @f's struct sock; of the one that was looked at last
 * @peer: whose SO_PEERCRED was asked for last (unix_who.c)
 */
struct sock_view {
	const struct file *f;
	struct kmem *k;
	uint32_t words[WORDS];
	int rc;
	struct peer_seen *peer;
};

/**
 * sock_view() - look at @f, once; what changes after that is not seen
 * Return: NULL where there are few sockets, in a live view, and where the kernel does not let us look
 */
const struct sock_view *sock_view(struct snap *s, const struct file *f);

/** sock_view_can() - will it, as a rule? */
bool sock_view_can(struct snap *s);

/** sock_view_forget() - look anew when somebody asks */
void sock_view_forget(struct snap *s);

/** sock_view_get() - its member, @len bytes, at @more behind its beginning. Return: is there such a member? */
bool sock_view_get(const struct sock_view *v, enum kmember m, size_t more, void *buf, size_t len);

/** sock_view_none() - is this pointer of it NULL, for sure? @v may be NULL */
bool sock_view_none(const struct sock_view *v, enum kmember m);

#endif
