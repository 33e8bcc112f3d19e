// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a POSIX message queue; the queue, with its messages, is an inode. */
#include <linux/ipc_namespace.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include <crfs/res/fd/mqueue.h>

#include "internal.h"
#include "res/inode/mqueue.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

#define STATUS_SIZE 80	/* FILENT_SIZE, ipc/mqueue.c: the size of each */

static bool mqueue_match(const struct cfile *f)
{
	return S_ISREG(f->st.mode) && !(f->flags & O_PATH) && f->st.size == STATUS_SIZE && file_is_mqueue(f);
}

/* Is it of the namespace that the tasks are in? */
static int check_namespace(struct snap *s, const struct cfile *f)
{
	struct ipc_namespace *ns = sysv_home(s);
	bool same;

	if (!ns)
		return -ESTALE;
	same = ns->mq_mnt && ns->mq_mnt->mnt_sb == file_inode(f->file)->i_sb;
	ipc_drop(ns);
	if (!same)
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s is a queue of another IPC namespace: let the program close it",
				 f->link);
	return 0;
}

static int mqueue_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct cinode *n = mqueue_inode(s, f->file);
	struct crfs_fd_mqueue r;

	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_mqueue_shape);
	text_rec(out, &crfs_fd_mqueue_shape, &r);
	return check_namespace(s, f);
}

const struct room res_fd_mqueue = {
	.name = "mqueue",
	.scope = PER_FILE,
	.match = mqueue_match,
	.read = mqueue_read,
};
