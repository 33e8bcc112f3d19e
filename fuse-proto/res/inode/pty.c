// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pseudoterminal: settings, size, bytes in it both ways, whose controlling terminal it is.
 *
 * From ioctls on a duplicate of the master, without which there is nothing to carry: a terminal
 * whose master is outside the container is a leak. Its number, which is its path, is kept. The
 * bytes are read and put back at once (tty_bytes.c). A controlling terminal is inherited by
 * fork(2), so the session's leader takes it before it makes children. Lost: cursor column, a
 * half-typed escape, ends of input that are no newline.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/inode/pty.h>

#include "kmem.h"
#include "pty.h"
#include "rooms.h"
#include "snap_files.h"
#include "tty_bytes.h"

#define SLAVE_MAJOR 136

/** struct sides - what was met of it: @instance: the devpts of the slave, 0: not known */
struct sides {
	struct crfs_inode_pty rec;
	struct file *master, *slave;
	dev_t instance;
};

static int index_of(const struct file *f, bool master, unsigned int *index)
{
	unsigned int dev;

	if (master)
		return ioctl(f->dup, TIOCGPTN, index) < 0 ? -errno : 0;
	if (ioctl(f->dup, TIOCGDEV, &dev) < 0)
		return -errno;
	if (((dev >> 8) & 0xfff) != SLAVE_MAJOR)
		return -ENODEV;
	*index = (dev & 0xff) | ((dev >> 12) & 0xfff00);
	return 0;
}

bool pty_hung_up(int fd)
{
	unsigned int dev;

	return ioctl(fd, TIOCGDEV, &dev) < 0 && errno == EIO;
}

static void note_master(struct snap *s, struct file *f, struct sides *p)
{
	struct place at;

	if (p->master && p->master != f)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "terminals with the number %u in "
				 "several devpts: let the container use one of them", p->rec.index);
	p->master = f;
	if (file_place(s, f, &at))
		return;
	p->rec.ptmx = at.path;
	p->rec.mnt_ns = at.mnt_ns;
}

static void note_slave(struct snap *s, struct file *f, struct sides *p)
{
	if (!p->slave)
		p->slave = f;
	if (major(f->st.st_rdev) != SLAVE_MAJOR)	/* /dev/tty */
		return;
	if (p->instance && p->instance != f->st.st_dev)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "terminals with the number %u in "
				 "several devpts: let the container use one of them", p->rec.index);
	p->instance = f->st.st_dev;
	p->rec.uid = f->st.st_uid;
	p->rec.gid = f->st.st_gid;
	p->rec.mode = f->st.st_mode & 07777;
}

/* Both sides are one thing: it goes by its number, as device 0. */
struct inode *pty_inode(struct snap *s, struct file *f, bool master)
{
	unsigned int index;
	struct inode *n;
	struct sides *p;
	int rc = index_of(f, master, &index);

	if (rc) {
		fail_on(s->err, rc, file_obj(s, f), "number of terminal %s", f->link);
		return NULL;
	}
	n = snap_inode(s, &res_inode_pty, 0, index + 1, -1);
	p = n && n->priv ? n->priv : pool_alloc(&s->pool, sizeof(*p));
	if (!n || !p) {
		fail(s->err, -ENOMEM, "a terminal");
		return NULL;
	}
	n->priv = p;
	p->rec.index = index;
	if (master)
		note_master(s, f, p);
	else
		note_slave(s, f, p);
	return n;
}

static void read_settings(int master, struct crfs_inode_pty *r)
{
	struct tty_settings t = { 0 };
	struct winsize w = { 0 };
	int v = 0;

	tty_get(master, &t);
	r->iflag = t.iflag;
	r->oflag = t.oflag;
	r->cflag = t.cflag;
	r->lflag = t.lflag;
	r->line = t.line;
	memcpy(r->cc, t.cc, sizeof(r->cc));
	r->ispeed = t.ispeed;
	r->ospeed = t.ospeed;
	ioctl(master, TIOCGWINSZ, &w);
	r->rows = w.ws_row;
	r->cols = w.ws_col;
	r->xpixel = w.ws_xpixel;
	r->ypixel = w.ws_ypixel;
	r->locked = ioctl(master, TIOCGPTLCK, &v) == 0 && v;
	r->packet = ioctl(master, TIOCGPKT, &v) == 0 && v;
}

static void read_session(struct snap *s, const char *obj, int master, struct crfs_inode_pty *r)
{
	pid_t sid = 0, pgrp = 0;

	if (ioctl(master, TIOCGSID, &sid) < 0 || sid <= 0)
		return;
	r->session = snap_vpid(s, sid);
	if (!r->session)
		snap_unsupported(s, -EXDEV, obj,
				 "it is the controlling terminal of session %d outside "
				 "the container",
				 sid);
	if (ioctl(master, TIOCGPGRP, &pgrp) == 0 && pgrp > 0)
		r->foreground =
			snap_vpid(s, pgrp) > 0 ? (unsigned int)snap_vpid(s, pgrp) : r->session;
}

static int keep_bytes(struct snap *s, const char *obj, const struct tty_bytes *b,
		      struct crfs_inode_pty *r)
{
	char *p = pool_alloc(&s->pool, b->nr_input + b->nr_output + 1);

	if (!p)
		return -ENOMEM;
	memcpy(p, b->input, b->nr_input);
	memcpy(p + b->nr_input, b->output, b->nr_output);
	r->input = (struct crfs_str){ p, b->nr_input };
	r->output = (struct crfs_str){ p + b->nr_input, b->nr_output };
	if (b->marks)
		snap_lost(s, obj,
			  "an end-of-file or end of line typed into terminal %u, not yet read",
			  r->index);
	return 0;
}

/*
 * Has the line discipline of a slave that nobody has opened yet something? The echo tells the master; without
 * it only the kernel's memory does.
 */
static bool bytes_unopened(struct snap *s, int master)
{
	uint64_t p, head = 0, tail = 0;
	int echo = 0, rc;
	struct kmem *k;

	if (ioctl(master, FIONREAD, &echo) == 0 && echo)
		return true;
	k = snap_kmem(s, &rc);
	if (!k || kmem_file(k, master, &p) || kmem_get(k, p, K_FILE_PRIVATE, &p, sizeof(p)) ||
	    kmem_get(k, p, K_FILE_TTY, &p, sizeof(p)) || kmem_get(k, p, K_TTY_LINK, &p, sizeof(p)) ||
	    kmem_get(k, p, K_TTY_DISC_DATA, &p, sizeof(p)) ||
	    kmem_get(k, p, K_NTTY_HEAD, &head, sizeof(head)) || kmem_get(k, p, K_NTTY_TAIL, &tail, sizeof(tail)))
		return false;
	return head != tail;
}

/*
 * The slave is opened only if somebody has it open already, or had: else opening and closing it
 * would tell the master that it was closed.
 */
static int read_bytes(struct snap *s, const char *obj, int master, const struct sides *p,
		      struct crfs_inode_pty *r)
{
	struct tty_bytes *b;
	int slave, rc;

	if (s->live)
		return 0;
	if (!p->slave && !r->hung) {
		if (bytes_unopened(s, master))
			snap_lost(s, obj, "bytes in terminal %u, whose slave nobody has opened yet", r->index);
		return 0;
	}
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	b = slave < 0 ? NULL : pool_alloc(&s->scratch, sizeof(*b));
	if (!b)
		return slave < 0 ? 0 : (close(slave), -ENOMEM);
	rc = tty_peek(master, slave, b);
	close(slave);
	if (rc == -EBUSY)
		snap_unsupported(s, rc, obj, "output of terminal %u is stopped: type ^Q there",
				 r->index);
	else if (rc)
		return fail_on(s->err, rc, obj, "bytes in terminal %u", r->index);
	return keep_bytes(s, obj, b, r);
}

static int read_pty(struct snap *s, const char *obj, const struct sides *p,
		    struct crfs_inode_pty *r)
{
	int master = files_getfd(s, p->master->task, p->master->fd), slave = -1, rc, v = 0;
	struct pollfd poll_it = { .fd = master, .events = POLLOUT };

	if (master < 0)
		return s->live ? 0 : master;
	read_settings(master, r);
	read_session(s, obj, master, r);
	r->hung = poll(&poll_it, 1, 0) > 0 && (poll_it.revents & POLLHUP);
	if (p->slave)
		slave = files_getfd(s, p->slave->task, p->slave->fd);
	if (slave >= 0) {
		r->exclusive = ioctl(slave, TIOCGEXCL, &v) == 0 && v;
		close(slave);
	}
	rc = read_bytes(s, obj, master, p, r);
	close(master);
	return rc;
}

static int pty_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct sides *p = n->priv;
	const char *name = snap_obj(s, "inodes", n->id);
	int rc = 0;

	if (p->master)
		rc = read_pty(s, name, p, &p->rec);
	else
		snap_unsupported(
			s, -EXDEV, name,
			"terminal /dev/pts/%u belongs to a process outside the "
			"container: redirect it, or run the container under script(1), tmux(1) or "
			"screen(1)",
			p->rec.index);
	text_section(out, &crfs_inode_pty_shape);
	text_rec(out, &crfs_inode_pty_shape, &p->rec);
	return rc;
}

static const struct crfs_inode_pty *pty_of(const struct snap *s, unsigned int index)
{
	size_t i;

	for (i = 0; i < s->nr_inodes; i++)
		if (s->inodes[i]->room == &res_inode_pty && s->inodes[i]->ino == index + 1)
			return &((struct sides *)s->inodes[i]->priv)->rec;
	return NULL;
}

void pty_check_tasks(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];
		unsigned int dev = t == t->leader && !t->zombie ? snap_stat(t, 7) : 0;
		const struct crfs_inode_pty *p;

		if (!dev)
			continue;
		p = ((dev >> 8) & 0xfff) == SLAVE_MAJOR ?
		    pty_of(s, (dev & 0xff) | ((dev >> 12) & 0xfff00)) : NULL;
		if (!p)
			snap_unsupported(
				s, -EXDEV, snap_obj(s, "tasks", t->vtid),
				"its controlling terminal, device %u:%u, is not in the container: "
				"start it with setsid(1), or under script(1)",
				(dev >> 8) & 0xfff, dev & 0xff);
	}
}

static void pty_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_pty *r = image_rec(o, &res_inode_pty, 0);
	int fd = r ? place_check(im, r->mnt_ns, &r->ptmx) : -ENODATA;
	struct stat st;

	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened", r->ptmx.len, r->ptmx.p);
	else if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		image_mismatch(im, -ENODEV, o->path, "%.*s makes no terminals", r->ptmx.len,
			       r->ptmx.p);
	if (fd >= 0)
		close(fd);
	if (r->session && !image_obj(im, IOBJ_TASK, r->session))
		image_mismatch(im, -ESRCH, o->path, "session %u is led by nobody", r->session);
}

const struct resource res_inode_pty = {
	.name = "pty",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_pty_shape, NULL },
	.read = pty_read,
	.check = pty_check,
	.make = pty_make,
};
