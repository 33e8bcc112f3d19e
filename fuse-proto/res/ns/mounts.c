// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/<pid>/mountinfo as the list that stands in the tree; and mount options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "mounts.h"
#include "proc.h"

int mounts_read(int proc, const char *pid, struct pool *pool, struct crfs_mnts *m)
{
	struct crfs_mnts all;
	size_t len, n;
	char *text = proc_read(proc, &len, "%s/mountinfo", pid), *copy;
	int rc = -errno;

	if (!text)
		return rc;
	copy = pool_strndup(pool, text, len);
	free(text);
	n = copy ? crfs_mountinfo_lines(copy) : 0;
	all.v = n ? pool_alloc(pool, n * sizeof(*all.v)) : NULL;
	m->v = n ? pool_alloc(pool, n * sizeof(*m->v)) : NULL;
	if (!all.v || !m->v)
		return -ENOMEM;
	crfs_mountinfo_parse(copy, !strcmp(pid, "thread-self"), &all);
	crfs_mountinfo_arrange(&all, m);
	return 0;
}

static const struct {
	const char *name;
	unsigned long set, clear;
} flags[] = {
	{ "ro", MS_RDONLY, 0 }, { "rw", 0, MS_RDONLY }, { "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 }, { "noexec", MS_NOEXEC, 0 }, { "noatime", MS_NOATIME, 0 },
	{ "nodiratime", MS_NODIRATIME, 0 }, { "relatime", MS_RELATIME, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 }, { "dirsync", MS_DIRSYNC, 0 }, { "mand", MS_MANDLOCK, 0 },
	{ "lazytime", MS_LAZYTIME, 0 }, { "nosymfollow", 256 /* MS_NOSYMFOLLOW */, 0 },
};

unsigned long mounts_flags(const struct crfs_str *options, char **rest)
{
	char *copy = strndup(options->p, options->len), *w, *save = NULL, *out = calloc(1, options->len + 1);
	unsigned long f = 0;
	size_t i;

	for (w = copy ? strtok_r(copy, ",", &save) : NULL; w && out; w = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (!strcmp(w, flags[i].name))
				break;
		if (i < sizeof(flags) / sizeof(*flags)) {
			f = (f | flags[i].set) & ~flags[i].clear;
			continue;
		}
		if (*out)
			strcat(out, ",");
		strcat(out, w);
	}
	free(copy);
	if (rest)
		*rest = out;
	else
		free(out);
	return f;
}
