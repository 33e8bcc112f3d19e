// SPDX-License-Identifier: GPL-2.0-only
/* Files that a thread has only if they differ from its leader's. */
#include "internal.h"

static const struct text *of_leader(struct snap *s, struct ctask *leader,
				    int (*fill)(struct snap *, struct ctask *, struct text *))
{
	struct text out = { .failed = false }, *keep = snap_alloc(s, sizeof(*keep));
	int rc = fill(s, leader, &out);
	char *copy = NULL;

	if (!rc && keep && !out.failed)
		copy = snap_alloc(s, out.w.len + 1);
	if (copy) {
		memcpy(copy, out.w.buf, out.w.len);
		keep->w = (struct crfs_writer){ .buf = copy, .size = out.w.len, .len = out.w.len };
	}
	text_free(&out);
	return copy ? keep : NULL;
}

/**
 * same_emit() - the text of a thread, nothing if its leader has the same
 * @s: the snapshot
 * @t: the thread
 * @leaders: where the leader's is kept
 * @fill: writes the text of a thread
 * @out: the text
 */
int same_emit(struct snap *s, struct ctask *t, const struct text **leaders,
	      int (*fill)(struct snap *s, struct ctask *t, struct text *out), struct text *out)
{
	int rc = fill(s, t, out);

	if (rc || t == t->leader || t->leader->zombie)
		return rc;
	if (!*leaders)
		*leaders = of_leader(s, t->leader, fill);
	if (!*leaders)
		return -ENOMEM;
	if ((*leaders)->w.len == out->w.len && !memcmp((*leaders)->w.buf, out->w.buf, out->w.len))
		text_free(out);
	return 0;
}
