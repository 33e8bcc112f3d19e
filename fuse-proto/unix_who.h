/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pids that the kernel remembers: of who made a socket, or sent something. */
#ifndef CRFS_UNIX_WHO_H
#define CRFS_UNIX_WHO_H

#include <crfs/shape.h>

#include "image.h"
#include "snap.h"

/**
 * struct umaker - SO_PEERCRED and SO_PEERGROUPS of a socket, as in the tree
 * @uid, @gid: -1: it has none
 */
struct umaker {
	uint32_t pid;
	int64_t uid, gid;
	struct crfs_str groups;
};

/** umaker_read() - of @f; groups stand in @list */
struct umaker umaker_read(struct snap *s, const struct file *f, struct text *list);

struct kmem;
/** umaker_read_at() - of the socket that lies at @sk, which no descriptor leads to. Return: 0 or a negative errno */
int umaker_read_at(struct snap *s, struct kmem *k, uint64_t sk, const char *obj, struct text *list, struct umaker *m);

/** umaker_check() - can there be such a one, and can it do it again? */
void umaker_check(struct image *im, struct iobj *o, const struct umaker *m);

/**
 * unix_who() - such a pid, as the tree has it
 * @what: "the sender of a message in it"; @obj: object, for messages
 * @any: it may be a living process outside, whose number is as good here as there
 * Names a loss if it is not known what the container sees.
 * Return: the pid; 0: nobody that the container could see
 */
pid_t unix_who(struct snap *s, const char *obj, const char *what, pid_t pid, bool any);

#endif
