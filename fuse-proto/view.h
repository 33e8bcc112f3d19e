/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view's inside: what payload rooms need when their bytes are read. */
#ifndef CRFS_VIEW_H
#define CRFS_VIEW_H

#include <stdatomic.h>

#include "snap.h"

/**
 * struct view - a snapshot that is shown
 * @snap: the objects; payloads point into them
 * @expired: the generation is over: payloads answer -ESTALE
 */
struct view {
	struct snap snap;
	struct options opts;
	struct err err;
	atomic_bool expired;
};

/** view_expired() - for payload_ops->pread, before and after it reads from a task */
static inline bool view_expired(const struct view *v)
{
	return atomic_load(&v->expired);
}

#endif
