/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages for tasks that run already: on first touch, and one after the other in the background. */
#ifndef CRFS_SERVE_H
#define CRFS_SERVE_H

#include "feed.h"

/** struct piece - pages at @start to @end that are @off bytes into @n, and are not there yet */
struct piece {
	uint64_t start, end;
	struct node *n;
	off_t off;
};

/**
 * struct space - an address space that is served: one of the tree's, or of a child forked since
 * @uffd: its userfaultfd
 * @of: of whom, NULL: it was forked
 * @piece: what it lacks, by address: from @first to before @nr
 */
struct space {
	int uffd;
	struct piece *piece;
	const struct fed *of;
	size_t first, nr, room;
};

/**
 * struct serve - who serves them; one process, one thread
 * @load: read all of @n into @buf, and hold it against its digest. Return: 0 or a negative errno
 * @forked: there is one more userfaultfd (may be NULL)
 * @tick: called between pieces: a negative errno ends it (may be NULL)
 * @quiet: while this descriptor's other end is open only what is touched is brought: they are still being made,
 *	and would wait for us; -1 if not
 * @buf, @loaded: the extent that was read last
 */
struct serve {
	int (*load)(struct serve *s, struct node *n, void *buf, struct err *e);
	void (*forked)(struct serve *s, int uffd);
	int (*tick)(struct serve *s, struct err *e);
	void *arg;
	int quiet;
	struct space *space;
	size_t nr;
	char *buf;
	struct node *loaded;
};

/** serve_fits() - can these pages come when tasks run? Else they are put in place before */
bool serve_fits(const struct fed *f, uint64_t start, uint64_t len);

/** serve_add() - they will. Return: 0 or a negative errno */
int serve_add(struct serve *s, const struct fed *f, uint64_t start, struct node *n);

/**
 * serve_mark() - all have been added, and all else is in place: let who touches one wait for it (serve_mark.c)
 * Return: 0, or a negative errno with the reason
 */
int serve_mark(struct serve *s, struct err *e);

/** serve_load() - read @n into @s->buf, if it is not there yet. Return: 0, or a negative errno with the reason */
int serve_load(struct serve *s, struct node *n, struct err *e);

/**
 * serve_run() - until nothing is missing, or nobody is left
 * Return: 0, or a negative errno with the reason: then the tasks must not run on
 */
int serve_run(struct serve *s, struct err *e);

#endif
