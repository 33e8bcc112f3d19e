/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going into a namespace of the container, and coming back: what can only be seen from inside. */
#ifndef CRFS_NS_VISIT_H
#define CRFS_NS_VISIT_H

#include "snap.h"

/** struct visit - where the thread came from, if it went @away; namespaces like these are a thread's own */
struct visit {
	int own, type;
	bool away;
};

/**
 * visit_begin() - go into the namespace of @t
 * @kind: as in /proc/<pid>/ns; @type: CLONE_NEW*
 * Return: 0, and visit_end() must follow, or a negative errno
 */
int visit_begin(struct snap *s, const struct task *t, const char *kind, int type, struct visit *v);

struct ns;
/** visit_ns() - the same into @n, in which perhaps nobody is */
int visit_ns(struct snap *s, const struct ns *n, int type, struct visit *v);

/** visit_end() - come back. Return: 0 or a negative errno */
int visit_end(struct visit *v);

#endif
