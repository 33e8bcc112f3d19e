// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pseudoterminal: settings, size, bytes in it both ways, whose controlling terminal it is.
 *
 * From the tty of its master and that one's peer. What the line discipline holds is in a structure that is
 * private to drivers/tty/n_tty.c; it stands here once more as far as it is read (the same from 6.1 to
 * 6.12), and is believed only if it agrees with the settings and with itself. Behind that come the bytes
 * that the line discipline had no room for (struct tty_buffer). Nothing is taken out. Lost: see
 * fuse-proto/res/inode/pty.c.
 */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/tty.h>
#include <linux/tty_buffer.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <crfs/res/inode/pty.h>

#include "internal.h"
#include "res/inode/pty.h"

#define BYTES_MAX (128 * 1024)		/* of each direction, as fuse-proto/tty_bytes.h */

/* The beginning of struct n_tty_data. */
struct n_tty {
	size_t read_head, commit_head, canon_head, echo_head, echo_commit, echo_mark;
	DECLARE_BITMAP(char_map, 256);
	unsigned long overrun_time;
	int num_overrun;
	bool no_room;
	unsigned char lnext : 1, erasing : 1, raw : 1, real_raw : 1, icanon : 1;
	unsigned char push : 1;
	u8 read_buf[N_TTY_BUF_SIZE];
	DECLARE_BITMAP(read_flags, N_TTY_BUF_SIZE);
	u8 echo_buf[N_TTY_BUF_SIZE];
	size_t read_tail, line_start;
};

/** struct sides - what was met of it: @master: of that side; @instance: the devpts of the slave */
struct sides {
	struct crfs_inode_pty rec;
	struct cfile *master, *slave;
	dev_t instance;
};

/** struct bytes - of one direction; @held: by the line discipline; @marks: ends that are no newline */
struct bytes {
	struct text text;
	size_t held;
	bool marks;
};

struct tty_struct *pty_of(const struct cfile *f)
{
	const struct tty_file_private *priv = f->file->private_data;
	struct tty_struct *tty = priv ? priv->tty : NULL;

	return tty && tty->driver->type == TTY_DRIVER_TYPE_PTY ? tty : NULL;
}

static void note(struct snap *s, struct cfile *f, struct sides *p, bool master)
{
	struct place at;

	if ((master && p->master && p->master != f) ||
	    (!master && MAJOR(f->st.rdev) == UNIX98_PTY_SLAVE_MAJOR && p->instance &&
	     p->instance != f->st.dev))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "terminals with the number %u in several devpts: let the container use one of them",
				 p->rec.index);
	if (master) {
		p->master = f;
		if (file_place(s, f, &at))
			return;
		p->rec.ptmx = at.path;
		p->rec.mnt_ns = at.mnt_ns;
		return;
	}
	if (!p->slave)
		p->slave = f;
	if (MAJOR(f->st.rdev) != UNIX98_PTY_SLAVE_MAJOR)	/* /dev/tty */
		return;
	p->instance = f->st.dev;
	p->rec.uid = from_kuid_munged(current_user_ns(), f->st.uid);
	p->rec.gid = from_kgid_munged(current_user_ns(), f->st.gid);
	p->rec.mode = f->st.mode & 07777;
}

static const void *key_of(unsigned int index)
{
	return ERR_PTR(-(long)index - 1);	/* no pointer that anything else has */
}

/* Both sides are one thing, and it goes by its number. */
struct cinode *pty_inode(struct snap *s, struct cfile *f, bool master)
{
	unsigned int index = pty_of(f)->index;
	struct cinode *n = snap_inode(s, &res_inode_pty, key_of(index), NULL);
	struct sides *p = n ? n->priv ?: snap_alloc(s, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	if (!n->priv)
		*p = (struct sides){ .rec.index = index };
	n->priv = p;
	note(s, f, p, master);
	return n;
}

static void read_settings(struct tty_struct *master, struct crfs_inode_pty *r)
{
	struct tty_struct *slave = master->link;
	struct ktermios t;
	struct winsize w;

	down_read(&slave->termios_rwsem);
	t = slave->termios;
	up_read(&slave->termios_rwsem);
	r->iflag = t.c_iflag;
	r->oflag = t.c_oflag;
	r->cflag = t.c_cflag;
	r->lflag = t.c_lflag;
	r->line = t.c_line;
	BUILD_BUG_ON(sizeof(r->cc) != sizeof(t.c_cc));
	memcpy(r->cc, t.c_cc, sizeof(r->cc));
	r->ispeed = t.c_ispeed;
	r->ospeed = t.c_ospeed;
	mutex_lock(&slave->winsize_mutex);
	w = slave->winsize;
	mutex_unlock(&slave->winsize_mutex);
	r->rows = w.ws_row;
	r->cols = w.ws_col;
	r->xpixel = w.ws_xpixel;
	r->ypixel = w.ws_ypixel;
	r->locked = test_bit(TTY_PTY_LOCK, &master->flags);
	r->packet = READ_ONCE(master->ctrl.packet);
	r->hung = test_bit(TTY_OTHER_CLOSED, &master->flags);
}

static void read_session(struct snap *s, const char *obj, struct tty_struct *slave,
			 struct crfs_inode_pty *r)
{
	struct pid *sid, *pgrp;
	unsigned long flags;
	pid_t nr;

	spin_lock_irqsave(&slave->ctrl.lock, flags);
	sid = get_pid(slave->ctrl.session);
	pgrp = get_pid(slave->ctrl.pgrp);
	spin_unlock_irqrestore(&slave->ctrl.lock, flags);
	nr = pid_nr_ns(sid, s->pid_ns);
	if (nr > 0) {
		r->session = snap_vpid(s, sid);
		if (!r->session)
			snap_unsupported(s, -EXDEV, obj,
					 "it is the controlling terminal of session %d outside the container",
					 nr);
		if (pid_nr_ns(pgrp, s->pid_ns) > 0)
			r->foreground = snap_vpid(s, pgrp) ?: r->session;
	}
	put_pid(sid);
	put_pid(pgrp);
}

/* Does what was copied look like what it is taken for? */
static bool sound(const struct tty_struct *tty, const struct n_tty *d)
{
	size_t n = d->read_head - d->read_tail;

	return n <= N_TTY_BUF_SIZE && d->icanon == !!L_ICANON(tty) &&
	       (d->icanon ? d->canon_head - d->read_tail <= n : d->commit_head == d->read_head);
}

/* What FIONREAD says of lines, inq_canon(): ends that are no byte do not count. */
static size_t in_lines(const struct n_tty *d)
{
	size_t n = d->canon_head - d->read_tail, at = d->read_tail;

	for (; at != d->canon_head; at++)
		n -= test_bit(at & (N_TTY_BUF_SIZE - 1), d->read_flags) &&
		     d->read_buf[at & (N_TTY_BUF_SIZE - 1)] == __DISABLED_CHAR;
	return n;
}

/* How many of the bytes held are whole lines? */
static size_t lines(const struct bytes *b)
{
	size_t n = b->held;

	while (n && b->text.w.buf[n - 1] != '\n')
		n--;
	return n;
}

static void add(struct bytes *b, const u8 *p, size_t n)
{
	text_bytes(&b->text, p, min_t(size_t, n, BYTES_MAX - b->text.w.len));
}

static void from_discipline(const struct n_tty *d, struct bytes *b)
{
	size_t from = d->read_tail & (N_TTY_BUF_SIZE - 1);
	size_t n = b->held = d->read_head - d->read_tail, first = min(n, N_TTY_BUF_SIZE - from);

	add(b, d->read_buf + from, first);
	add(b, d->read_buf, n - first);
	b->marks = d->icanon && !b->text.failed && in_lines(d) != lines(b);
}

static void from_buffers(struct tty_port *port, struct bytes *b)
{
	struct tty_buffer *p;

	for (p = port->buf.head; p; p = smp_load_acquire(&p->next))
		add(b, char_buf_ptr(p, p->read), smp_load_acquire(&p->commit) - p->read);
}

/* What @tty would read, both of its queues. Return: 0; -EOPNOTSUPP: not to be told; or an error */
static int look(struct tty_struct *tty, struct bytes *b)
{
	struct tty_ldisc *disc = tty_ldisc_ref(tty);
	struct n_tty *d = disc ? kvmalloc(sizeof(*d), GFP_KERNEL) : NULL;
	int rc = disc ? -ENOMEM : 0;

	if (!d)
		goto out;
	flush_work(&tty->port->buf.work);	/* what fits is on its way into the discipline */
	tty_buffer_lock_exclusive(tty->port);
	down_read(&tty->termios_rwsem);
	rc = -EOPNOTSUPP;
	if (disc->ops->num == N_TTY && !copy_from_kernel_nofault(d, tty->disc_data, sizeof(*d)) &&
	    sound(tty, d)) {
		from_discipline(d, b);
		from_buffers(tty->port, b);
		rc = b->text.failed ? -ENOMEM : 0;
	}
	up_read(&tty->termios_rwsem);
	tty_buffer_unlock_exclusive(tty->port);
	kvfree(d);
out:
	if (disc)
		tty_ldisc_deref(disc);
	return rc;
}

static int keep(struct snap *s, const struct bytes *b, struct crfs_str *str)
{
	char *p = snap_alloc(s, b->text.w.len + 1);

	if (!p)
		return -ENOMEM;
	if (b->text.w.len)
		memcpy(p, b->text.w.buf, b->text.w.len);
	*str = (struct crfs_str){ .p = p, .len = b->text.w.len };
	return 0;
}

static void name_loss(struct snap *s, const char *obj, const struct sides *p, const struct bytes *in,
		      const struct bytes *out)
{
	if (!p->slave && !p->rec.hung && (in->text.w.len || out->text.w.len))
		snap_lost(s, obj, "bytes in terminal %u, whose slave nobody has opened yet",
			  p->rec.index);
	else if (in->marks)
		snap_lost(s, obj,
			  "an end-of-file or end of line typed into terminal %u, not yet read",
			  p->rec.index);
}

static int read_bytes(struct snap *s, const char *obj, struct tty_struct *master, struct sides *p)
{
	bool stopped = READ_ONCE(master->link->flow.stopped), opened = p->slave || p->rec.hung;
	struct bytes in = { .held = 0 }, out = { .held = 0 };
	int rc = look(master, &out);

	if (stopped && opened)
		snap_unsupported(s, -EBUSY, obj, "output of terminal %u is stopped: type ^Q there",
				 p->rec.index);
	else if (!rc)
		rc = look(master->link, &in);
	if (rc == -EOPNOTSUPP) {
		snap_unsupported(s, rc, obj,
				 "bytes in terminal %u: the kernel filesystem does not know its line discipline: use -t fuse.crfs",
				 p->rec.index);
		rc = 0;
	} else if (!rc) {
		name_loss(s, obj, p, &in, &out);
		if (opened)
			rc = keep(s, &in, &p->rec.input) ?: keep(s, &out, &p->rec.output);
	}
	text_free(&in.text);
	text_free(&out.text);
	return rc;
}

static int read_pty(struct snap *s, const char *obj, struct sides *p)
{
	struct tty_struct *master = pty_of(p->master);

	read_settings(master, &p->rec);
	read_session(s, obj, master->link, &p->rec);
	if (p->slave)
		p->rec.exclusive = test_bit(TTY_EXCLUSIVE, &master->link->flags);
	return read_bytes(s, obj, master, p);
}

static int pty_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct sides *p = n->priv;
	const char *name = snap_obj(s, "inodes", n->id);
	int rc = 0;

	if (p->master)
		rc = read_pty(s, name, p);
	else
		snap_unsupported(s, -EXDEV, name,
				 "terminal /dev/pts/%u belongs to a process outside the container: redirect it, or run the container under script(1), tmux(1) or screen(1)",
				 p->rec.index);
	text_section(out, &crfs_inode_pty_shape);
	text_rec(out, &crfs_inode_pty_shape, &p->rec);
	return rc;
}

static bool met(const struct snap *s, unsigned int index)
{
	size_t i;

	for (i = 0; i < s->nr_inodes; i++)
		if (s->inodes[i]->key == key_of(index))
			return true;
	return false;
}

/* The number of the controlling terminal of @t, as stat(2) has it; 0: none */
static dev_t terminal_of(struct task_struct *t)
{
	struct sighand_struct *hand;
	unsigned long flags;
	dev_t dev = 0;

	rcu_read_lock();
	hand = rcu_dereference(t->sighand);
	if (hand) {
		spin_lock_irqsave(&hand->siglock, flags);
		if (rcu_access_pointer(t->sighand) == hand && t->signal->tty)
			dev = tty_devnum(t->signal->tty);
		spin_unlock_irqrestore(&hand->siglock, flags);
	}
	rcu_read_unlock();
	return dev;
}

void pty_check_tasks(struct snap *s)
{
	struct ctask *t;
	dev_t dev;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		dev = t->leader == t && !t->zombie ? terminal_of(t->task) : 0;
		if (!dev || (MAJOR(dev) == UNIX98_PTY_SLAVE_MAJOR && met(s, MINOR(dev))))
			continue;
		snap_unsupported(s, -EXDEV, task_obj(s, t),
				 "its controlling terminal, device %u:%u, is not in the container: start it with setsid(1), or under script(1)",
				 MAJOR(dev), MINOR(dev) & 0xff);
	}
}

const struct room res_inode_pty = {
	.name = "pty",
	.scope = PER_INODE,
	.read = pty_read,
};
