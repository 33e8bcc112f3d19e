// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two sides of a pseudoterminal; what they share is an inode (inode/pty).
 *
 * From stat and the link: /dev/ptmx (5:2) is a master, /dev/pts/<n> (136:n) a slave, and /dev/tty
 * (5:0) what was the controlling terminal of whoever opened it. A master has one description, a
 * slave any number. Other terminals (serial lines, consoles) have no room.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/pty.h>

#include "res/inode/pty.h"
#include "rooms.h"

static bool is_terminal(const struct file *f)
{
	return S_ISCHR(f->st.st_mode) && !(f->flags & O_PATH);
}

static bool ptm_match(const struct file *f)
{
	return is_terminal(f) && f->st.st_rdev == makedev(5, 2);
}

/* /dev/tty may be a terminal of another kind. */
static bool pts_match(const struct file *f)
{
	unsigned int dev;

	if (!is_terminal(f))
		return false;
	if (f->st.st_rdev == makedev(5, 0))
		return ioctl(f->dup, TIOCGDEV, &dev) == 0 && ((dev >> 8) & 0xfff) == 136;
	return major(f->st.st_rdev) == 136 && !pty_hung_up(f->dup);
}

static int pty_read(struct snap *s, struct file *f, bool master, struct text *out)
{
	struct crfs_fd_pty r = { .dev_tty = f->st.st_rdev == makedev(5, 0) };
	struct inode *n = pty_inode(s, f, master);
	struct place p;
	int rc = n ? file_place(s, f, &p) : -EIO;

	if (rc < 0)
		return rc;
	r.inode = n->id;
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	text_section(out, &crfs_fd_pty_shape);
	text_rec(out, &crfs_fd_pty_shape, &r);
	return 0;
}

static int ptm_read(struct snap *s, void *obj, struct text *out)
{
	return pty_read(s, obj, true, out);
}

static int pts_read(struct snap *s, void *obj, struct text *out)
{
	return pty_read(s, obj, false, out);
}

static void pty_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_pty *r = image_rec(o, o->room, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_pty);
}

static int ptm_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_pty *r = image_rec(o, &res_fd_ptm, 0);

	return file_made(rs, o, inode_fd(rs, o, r->inode));
}

static int pts_make(struct restore *rs, struct iobj *o)
{
	return file_made(rs, o, pty_slave(rs, o, image_rec(o, &res_fd_pts, 0)));
}

static int pty_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	const struct crfs_fd_pty *r = image_rec(o, o->room, 0);

	(void)rt;
	(void)tape;
	return pty_settle(rs, o, r->inode);
}

const struct resource res_fd_ptm = {
	.name = "ptm",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_pty_shape, NULL },
	.match = ptm_match,
	.read = ptm_read,
	.check = pty_check,
	.make = ptm_make,
	.put = pty_put,
};

const struct resource res_fd_pts = {
	.name = "pts",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_pty_shape, NULL },
	.match = pts_match,
	.read = pts_read,
	.check = pty_check,
	.make = pts_make,
	.put = pty_put,
};
