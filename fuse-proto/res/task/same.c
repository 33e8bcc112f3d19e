// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that a thread has only if they differ from its leader's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/fds.h>
#include <crfs/res/task/status.h>

#include "rooms.h"
#include "same.h"

struct leaders {
	const char *text;
	size_t len;
};

static struct leaders *of_leader(struct snap *s, struct task *leader, const void *key,
				 int (*fill)(struct snap *, struct task *, struct text *))
{
	struct leaders *l = snap_noted(leader, key);
	struct text out = { 0 };
	char *copy;

	if (l)
		return l;
	l = pool_alloc(&s->scratch, sizeof(*l));
	if (!l || fill(s, leader, &out) || text_failed(&out)) {
		text_free(&out);
		return NULL;
	}
	copy = pool_alloc(&s->scratch, out.w.len + 1);
	if (copy) {
		memcpy(copy, out.w.buf, out.w.len);
		*l = (struct leaders){ copy, out.w.len };
		snap_note(s, leader, key, l);
	}
	text_free(&out);
	return copy ? l : NULL;
}

int same_emit(struct snap *s, struct task *t, const void *key,
	      int (*fill)(struct snap *s, struct task *t, struct text *out), struct text *out)
{
	struct leaders *l;
	int rc = fill(s, t, out);

	if (rc || t == t->leader || !t->leader->tape || text_failed(out))
		return rc;
	l = of_leader(s, t->leader, key, fill);
	if (l && l->len == out->w.len && !memcmp(l->text, out->w.buf, l->len))
		text_free(out);
	return 0;
}

void same_check(struct image *im, const struct iobj *o, const struct resource *room)
{
	const struct crfs_task_status *st = image_status(o);
	const struct iobj *leader = st ? image_obj(im, IOBJ_TASK, st->tgid) : NULL;

	if (!leader || !image_rec(leader, room, 0))
		image_mismatch(im, -ENOENT, o->path, "%s is missing: copy the checkpoint again",
			       room->name);
}

void *same_rec(const struct rtask *rt, const struct resource *room)
{
	void *rec = image_rec(rt->o, room, 0);

	return rec || !rt->leader ? rec : image_rec(rt->leader->o, room, 0);
}

unsigned int task_free_fd(const struct rtask *rt)
{
	unsigned int low = 0;
	size_t i, n;
	const struct crfs_fd *fds = image_recs((rt->files ? rt->files : rt)->o, &res_fd_fds, 0, &n);

	for (i = 0; i < n && fds[i].fd == low; i++)
		low++;
	return low;
}
