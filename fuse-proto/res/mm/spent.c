// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that were staged, put in place and given back to the system: fetched from the tasks, since the
 * restore has failed and will be tried again.
 *
 * An extent of which nothing is staged any more was spent. Its task has not run since, so it has the
 * pages still; read as a tracer does, whatever their protection is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "mm.h"
#include "proc.h"

static bool spent(const struct staged *st)
{
	off_t data = lseek(st->fd, st->off, SEEK_DATA);

	return data < 0 ? errno == ENXIO : data >= st->off + (off_t)(st->end - st->start);
}

/* Where the task has nothing mapped yet, nothing was taken. */
static int fetch(int mem, const struct staged *st, char *buf)
{
	size_t n = st->end - st->start;
	ssize_t r = pread(mem, buf, n, st->start);

	if (r < 0 && errno == EIO)
		return 0;
	if (r != (ssize_t)n)
		return -EIO;
	return pwrite(st->fd, buf, n, st->off) == (ssize_t)n ? 0 : -ENOSPC;
}

static int give_back(struct restore *rs, const struct rtask *rt, char *buf)
{
	struct mmdata *d = mm_data(rs->im, rt->mm);
	int mem, rc = 0;
	size_t i;

	if (!d || d->lends || !d->nr_staged)
		return 0;
	mem = proc_open(rs->proc, O_RDONLY, "%d/mem", rt->pid);
	for (i = 0; i < d->nr_staged && !rc; i++)
		if (spent(&d->staged[i]))
			rc = mem < 0 ? mem : fetch(mem, &d->staged[i], buf);
	if (mem >= 0)
		close(mem);
	return rc;
}

int mm_give_back(struct restore *rs)
{
	char *buf = malloc(CRFS_EXTENT_SIZE);
	int rc = buf ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < rs->nr_tasks && !rc; i++)
		if (rs->tasks[i].mm_owner && rs->tasks[i].pid > 0)
			rc = give_back(rs, &rs->tasks[i], buf);
	free(buf);
	return rc;
}

/* Nobody knows what is staged now: it is to be compared with the manifest again. */
void mm_forget(struct image *im)
{
	struct node *n;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		struct node *top = im->objs[IOBJ_MM][i].node;

		for (n = top; n; n = tree_next(n, top))
			if (n->kind == NODE_PAYLOAD)
				n->digest_known = false;
	}
}
