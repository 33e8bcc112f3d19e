// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors of POSIX message queues; the queue itself, with its messages, is inode/mqueue.
 *
 * From /proc/<tid>/fd; it must be of an IPC namespace that a task is in. Opened again by name, in
 * the way it was: mq_open(3), or open(2) on a mount of mqueue.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/fd/mqueue.h>

#include "fdroom.h"
#include "proc.h"
#include "res/inode/mqueue.h"
#include "res/inode/sysv.h"
#include "res/ns/ipc.h"
#include "rooms.h"

static bool mqueue_match(const struct file *f)
{
	return mqueue_is(f);
}

/* Of the mounter's namespace, if a task is in it */
static dev_t own_device(struct snap *s)
{
	struct stat st = { .st_dev = 0 };
	struct visit v;
	int at;

	if (sysv_begin(s, 0, &v))
		return 0;
	at = mqueue_mount();
	if (at >= 0) {
		fstat(at, &st);
		close(at);
	}
	return visit_end(&v) ? 0 : st.st_dev;
}

static int mqueue_fd_read(struct snap *s, void *obj, struct text *out)
{
	unsigned int ns;
	struct crfs_fd_mqueue r;
	struct file *f = obj;
	struct inode *n;
	int own = proc_open(s->proc, O_RDWR | O_NONBLOCK, "self/fd/%d", f->dup);

	if (own < 0)
		return fail_on(s->err, own, file_obj(s, f), "opening %s", f->link);
	n = mqueue_inode(s, own);
	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_mqueue_shape);
	text_rec(out, &crfs_fd_mqueue_shape, &r);
	if (!s->live && !ipc_of_device(s, f->st.st_dev, &ns) && f->st.st_dev != own_device(s))
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s is a queue of an IPC namespace that no task of the container is in: let the program close it",
				 f->link);
	return 0;
}

static void mqueue_fd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_mqueue *r = image_rec(o, &res_fd_mqueue, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_mqueue);
}

static int mqueue_fd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_mqueue *r = image_rec(o, &res_fd_mqueue, 0);

	return file_made(rs, o, mqueue_open(rs, o, r->inode));
}

static int mqueue_fd_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_fd_mqueue *r = image_rec(o, &res_fd_mqueue, 0);

	mqueue_put_notify(rt, image_obj(rs->im, IOBJ_INODE, r->inode), t);
	return 0;
}

const struct resource res_fd_mqueue = {
	.name = "mqueue",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_mqueue_shape, NULL },
	.match = mqueue_match,
	.read = mqueue_fd_read,
	.check = mqueue_fd_check,
	.make = mqueue_fd_make,
	.put = mqueue_fd_put,
};
