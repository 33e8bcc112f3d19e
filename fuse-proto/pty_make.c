// SPDX-License-Identifier: GPL-2.0-or-later
/* Making a pseudoterminal again: the half of res/inode/pty.c that puts back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/fd/pty.h>
#include <crfs/res/inode/pty.h>
#include <crfs/res/task/status.h>

#include "res/inode/pty.h"
#include "rooms.h"
#include "tty_bytes.h"

/* struct slaves - the descriptions of a terminal's other side */
struct slaves {
	struct slaves *next;
	struct iobj *file;
};

/**
 * struct pty - one of the image
 * @slave: ours, so that it keeps its settings until the container has it; -1: nobody may open it
 * @foreground: it is on somebody's tape; @settled: pty_settle() was here
 */
struct pty {
	struct pty *next;
	const struct iobj *n;
	struct slaves *slaves;
	int slave;
	bool foreground, settled;
};

static const struct crfs_inode_pty *rec_of(const struct iobj *n)
{
	return image_rec(n, &res_inode_pty, 0);
}

static struct tty_settings settings(const struct crfs_inode_pty *r)
{
	struct tty_settings t = { .iflag = r->iflag, .oflag = r->oflag, .cflag = r->cflag,
		.lflag = r->lflag, .line = r->line, .ispeed = r->ispeed, .ospeed = r->ospeed };

	memcpy(t.cc, r->cc, sizeof(t.cc));
	return t;
}

static int fill(int master, int slave, const struct crfs_inode_pty *r)
{
	struct winsize w = { r->rows, r->cols, r->xpixel, r->ypixel };
	struct tty_settings t = settings(r);
	int rc = ioctl(master, TIOCSWINSZ, &w) < 0 ? -errno : 0;

	if (slave < 0)
		return rc ? rc : tty_set(master, &t);
	if (!rc && r->output.len)
		rc = tty_put_output(master, slave, &t, r->output.p, r->output.len);
	if (!rc && r->input.len)
		rc = tty_put_input(master, slave, &t, r->input.p, r->input.len);
	if (!rc && (fchown(slave, r->uid, r->gid) < 0 || fchmod(slave, r->mode) < 0))
		rc = -errno;
	return rc ? rc : tty_set(slave, &t);
}

/* Once for all: there may be thousands of terminals, of descriptions, and of tasks that look for theirs. */
static int know_all(struct restore *rs)
{
	struct image *im = rs->im;
	struct slaves *l;
	struct pty *p;
	struct iobj *o;

	for (o = im->objs[IOBJ_INODE]; o < im->objs[IOBJ_INODE] + im->nr[IOBJ_INODE]; o++) {
		if (o->room != &res_inode_pty)
			continue;
		p = o->priv = pool_alloc(&im->pool, sizeof(*p));
		if (!p)
			return -ENOMEM;
		*p = (struct pty){ .next = rs->ptys, .n = o, .slave = -1 };
		rs->ptys = p;
	}
	for (o = im->objs[IOBJ_FILE]; o < im->objs[IOBJ_FILE] + im->nr[IOBJ_FILE]; o++) {
		const struct crfs_fd_pty *f = o->room == &res_fd_pts ? image_rec(o, o->room, 0) : NULL;

		if (!f)
			continue;
		l = pool_alloc(&im->pool, sizeof(*l));
		if (!l)
			return -ENOMEM;
		p = image_obj(im, IOBJ_INODE, f->inode)->priv;
		*l = (struct slaves){ p->slaves, o };
		p->slaves = l;
	}
	return 0;
}

/* In a child, which shares our descriptors and whose controlling terminal it is for a moment. */
static int in_session(struct restore *rs, const struct iobj *o, const struct crfs_fd_pty *f,
		      int slave)
{
	int fd;

	signal(SIGHUP, SIG_IGN);
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	fd = place_open(rs, f->mnt_ns, &f->path, file_common(o)->flags);
	ioctl(slave, TIOCNOTTY);
	return fd;
}

/* /dev/tty is whatever terminal its opener has. Later this one belongs to the container's session.
 */
static int open_dev_tty(struct restore *rs, const struct iobj *o, const struct crfs_fd_pty *f,
			int slave)
{
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
	int ends[2], fd = -ENXIO;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		fd = in_session(rs, o, f, slave);
		_exit(write(ends[1], &fd, sizeof(fd)) != sizeof(fd));
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (pid < 0 || read(ends[0], &fd, sizeof(fd)) != sizeof(fd))
		fd = -ENXIO;
	close(ends[0]);
	close(ends[1]);
	return fd;
}

static int open_dev_ttys(struct restore *rs, const struct pty *p)
{
	const struct crfs_fd_pty *f;
	const struct slaves *l;

	for (l = p->slaves; l; l = l->next) {
		f = image_rec(l->file, &res_fd_pts, 0);
		if (!f->dev_tty)
			continue;
		l->file->fd = open_dev_tty(rs, l->file, f, p->slave);
		if (l->file->fd < 0)
			return fail_on(rs->err, l->file->fd, l->file->path, "opening %.*s", f->path.len,
				       f->path.p);
	}
	return 0;
}

int pty_make(struct restore *rs, struct iobj *n)
{
	const struct crfs_inode_pty *r = rec_of(n);
	int rc = rs->ptys ? 0 : know_all(rs);
	struct pty *p = n->priv;

	if (rc)
		return fail(rs->err, rc, "a terminal");
	n->fd = pty_numbered(rs, r->mnt_ns, &r->ptmx, r->index, false);
	if (n->fd < 0)
		return fail_on(rs->err, n->fd, n->path, "terminal %u: its number is taken",
			       r->index);
	if (r->hung || r->session || p->slaves) {
		p->slave = ioctl(n->fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (p->slave < 0)
			return fail_on(rs->err, -errno, n->path, "TIOCGPTPEER");
	}
	rc = fill(n->fd, p->slave, r);
	if (rc)
		return fail_on(rs->err, rc, n->path, "settings of terminal %u", r->index);
	return p->slave < 0 ? 0 : open_dev_ttys(rs, p);
}

static struct iobj *inode_of(struct restore *rs, uint32_t id)
{
	return image_obj(rs->im, IOBJ_INODE, id);
}

int pty_slave(struct restore *rs, struct iobj *o, const struct crfs_fd_pty *f)
{
	struct iobj *n = inode_of(rs, f->inode);
	unsigned int flags = file_common(o)->flags;
	const struct pty *p = n->priv;
	struct stat a, b;
	int fd;

	if (f->dev_tty)
		return o->fd;
	if (!(flags &
	      0100000)) { /* opened by TIOCGPTPEER, to which O_CLOEXEC is a flag of the file */
		fd = ioctl(n->fd, TIOCGPTPEER, flags | O_NOCTTY);
		return fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : fd;
	}
	fd = place_open(rs, f->mnt_ns, &f->path, flags);
	if (fd < 0 || (fstat(fd, &a) == 0 && fstat(p->slave, &b) == 0 && a.st_ino == b.st_ino &&
		       a.st_dev == b.st_dev))
		return fd;
	close(fd);
	return -ENODEV;
}

int pty_settle(struct restore *rs, const struct iobj *o, uint32_t id)
{
	struct iobj *n = inode_of(rs, id);
	const struct crfs_inode_pty *r = rec_of(n);
	struct pty *p = n->priv;
	int one = 1;

	if (p->settled)
		return 0;
	p->settled = true;
	if ((r->locked && ioctl(n->fd, TIOCSPTLCK, &one) < 0) ||
	    (r->packet && ioctl(n->fd, TIOCPKT, &one) < 0) ||
	    (r->exclusive && p->slave >= 0 && ioctl(p->slave, TIOCEXCL) < 0))
		return fail_on(rs->err, -errno, o->path, "lock, packet mode, exclusive mode");
	if (p->slave >= 0 && r->hung) {
		close(p->slave);
		p->slave = -1;
	}
	return 0;
}

void pty_lead(struct restore *rs, struct rtask *rt, struct tape *tape)
{
	const struct pty *p;

	for (p = rs->ptys; p; p = p->next)
		if (rt->o && rec_of(p->n)->session == rt->o->id)
			tape_call(tape, "TIOCSCTTY", SYS_ioctl, p->slave, TIOCSCTTY, 0);
}

void pty_foreground(struct restore *rs, struct rtask *rt, unsigned int low, struct tape *tape)
{
	const struct crfs_task_status *st = image_rec(rt->o, &res_task_status, 0);
	struct tape_op *op;
	struct pty *p;

	for (p = rs->ptys; p; p = p->next) {
		const struct crfs_inode_pty *r = rec_of(p->n);
		int pgrp = r->foreground;

		if (!r->session || !st || r->session != st->sid || p->foreground || !pgrp)
			continue;
		op = tape_call(tape, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, p->slave, 0);
		op->want = WANT_EXACT;
		op->expect = low;
		tape_call(tape, "TIOCSPGRP", SYS_ioctl, low, TIOCSPGRP,
			  tape_data(tape, &pgrp, sizeof(pgrp)));
		tape_call(tape, "close", SYS_close, low);
		p->foreground = true;
	}
}
