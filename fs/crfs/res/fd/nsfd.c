// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces as descriptors: /proc/<pid>/ns/<kind>. One that no task is in: see res/ns/held.c. */
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/proc_ns.h>
#include <linux/stat.h>
#include <linux/string.h>

#include <crfs/res/fd/nsfd.h>

#include "res/ns/held.h"
#include "res/ns/ns.h"

static bool nsfd_match(const struct cfile *f)
{
	return S_ISREG(f->st.mode) && !(f->flags & O_PATH) &&
	       file_inode(f->file)->i_sb->s_magic == NSFS_MAGIC;
}

static int nsfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_nsfd r = { .ns = 0 };
	struct cfile *f = obj;

	r.kind = str_of(f->link);
	r.kind.len = strcspn(f->link, ":");
	if (!ns_known(s, r.kind, f->st.ino, &r.ns) &&
	    !held_meet(s, ns_kind(r.kind), get_proc_ns(file_inode(f->file))))
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "%s is a namespace that no task of the container is in: let the program close it",
				 f->link);
	/* What open(2) opened has it. */
	if (!(f->flags & O_LARGEFILE))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s was not opened by a path, which cannot be carried: let the program close it",
				 f->link);
	text_section(out, &crfs_fd_nsfd_shape);
	text_rec(out, &crfs_fd_nsfd_shape, &r);
	return 0;
}

const struct room res_fd_nsfd = {
	.name = "nsfd",
	.scope = PER_FILE,
	.match = nsfd_match,
	.read = nsfd_read,
};
