// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two sides of a pseudoterminal; what they share is an inode (inode/pty).
 *
 * /dev/ptmx (5:2) is a master, /dev/pts/<n> (136:n) a slave, and /dev/tty (5:0) what was the
 * controlling terminal of whoever opened it.
 */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/stat.h>
#include <linux/tty.h>

#include <crfs/res/fd/pty.h>

#include "internal.h"
#include "res/inode/pty.h"

static bool is_terminal(const struct cfile *f)
{
	return S_ISCHR(f->st.mode) && !(f->flags & O_PATH);
}

static bool ptm_match(const struct cfile *f)
{
	return is_terminal(f) && f->st.rdev == MKDEV(TTYAUX_MAJOR, 2) && pty_of(f);
}

/* /dev/tty may be a terminal of another kind. */
static bool pts_match(const struct cfile *f)
{
	return is_terminal(f) && !tty_hung_up_p(f->file) &&
	       (MAJOR(f->st.rdev) == UNIX98_PTY_SLAVE_MAJOR || f->st.rdev == MKDEV(TTYAUX_MAJOR, 0)) &&
	       pty_of(f);
}

static int pty_read(struct snap *s, struct cfile *f, bool master, struct text *out)
{
	struct crfs_fd_pty r = { .dev_tty = f->st.rdev == MKDEV(TTYAUX_MAJOR, 0) };
	struct cinode *n = pty_inode(s, f, master);
	struct place p;
	int rc = n ? file_place(s, f, &p) : -ENOMEM;

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

const struct room res_fd_ptm = {
	.name = "ptm",
	.scope = PER_FILE,
	.match = ptm_match,
	.read = ptm_read,
};

const struct room res_fd_pts = {
	.name = "pts",
	.scope = PER_FILE,
	.match = pts_match,
	.read = pts_read,
};
