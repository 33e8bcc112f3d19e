// SPDX-License-Identifier: GPL-2.0-only
/* /proc/<pid>/mountinfo as the list that stands in the tree. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "res/ns/mounts.h"

/* All of it, NUL-terminated, in the pool */
static char *mountinfo(struct snap *s, const char *pid)
{
	char *path = snap_printf(s, "/proc/%s/mountinfo", pid), *copy = NULL;
	struct text text = { .failed = false };
	ssize_t rc = path ? read_whole(path, &text) : -ENOMEM;

	if (rc >= 0 && !text.failed)
		copy = snap_alloc(s, text.w.len + 1);
	if (copy)
		memcpy(copy, text.w.buf, text.w.len);
	if (copy)
		copy[text.w.len] = '\0';
	text_free(&text);
	return copy ?: ERR_PTR(rc < 0 ? rc : -ENOMEM);
}

int mounts_read(struct snap *s, const char *pid, struct crfs_mnts *m)
{
	char *text = mountinfo(s, pid);
	struct crfs_mnts all;
	size_t n;

	if (IS_ERR(text))
		return PTR_ERR(text);
	n = crfs_mountinfo_lines(text);
	all.v = snap_alloc(s, n * sizeof(*all.v));
	m->v = snap_alloc(s, n * sizeof(*m->v));
	if (!all.v || !m->v)
		return -ENOMEM;
	crfs_mountinfo_parse(text, !strcmp(pid, "thread-self"), &all);
	crfs_mountinfo_arrange(&all, m);
	return 0;
}
