// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regular files without a name: unlinked, or made with O_TMPFILE. Their content would die with the
 * container, so it travels, as an inode of the tree (inode/ghost).
 *
 * From /proc/<tid>/fd, fdinfo and stat (no links left). Several descriptions of one file stay that.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/fd/unlinked.h>

#include "fdroom.h"
#include "locks.h"
#include "res/inode/ghost.h"
#include "res/inode/mqueue.h"
#include "rooms.h"

static bool unlinked_match(const struct file *f)
{
	return S_ISREG(f->st.st_mode) && !(f->flags & O_PATH) && !f->st.st_nlink &&
	       *f->link == '/' && strncmp(f->link, "/memfd:", 7) && !mqueue_is(f) && !file_secret(f);
}

static int unlinked_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unlinked r;
	struct file *f = obj;
	struct inode *n;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (strstr(f->info, "LEASE "))	/* at the restore others, too, have the file open for a while */
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a lease on an unlinked file: let the program release it");
	n = ghost(s, f->dup, &f->st, &p);
	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_unlinked_shape);
	text_rec(out, &crfs_fd_unlinked_shape, &r);
	locks_read(s, f, out);
	return 0;
}

static void unlinked_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_unlinked *r = image_rec(o, &res_fd_unlinked, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_ghost);
}

static int unlinked_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_unlinked *r = image_rec(o, &res_fd_unlinked, 0);
	int fd = o->fd, rc;	/* inode/ghost may have opened it */

	if (fd < 0)
		fd = inode_fd(rs, o, r->inode);
	if (fd >= 0 && fd != o->fd)
		fd = file_reopen(rs, o, fd);
	if (fd < 0)
		return fd;
	o->fd = fd;
	rc = locks_put(rs, o, 1, fd);
	return rc ? rc : file_made(rs, o, fd);
}

static int unlinked_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	(void)rs;
	return locks_put_lease(rt, o, 1, tape);
}

const struct resource res_fd_unlinked = {
	.name = "unlinked",
	.scope = PER_FILE,
	.shapes =
		(const struct crfs_shape *const[]){&crfs_fd_unlinked_shape, &crfs_lock_shape, NULL},
	.match = unlinked_match,
	.read = unlinked_read,
	.check = unlinked_check,
	.make = unlinked_make,
	.put = unlinked_put,
};
