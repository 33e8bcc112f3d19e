// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells in files only, and to no module: fdinfo of anonymous inodes, and a few
 * lines of /proc/<pid>. Their show functions are called on a seq_file of our own.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

#define FIRST 4096
#define LAST (16 << 20)

/* Calls @show until its text fits. */
static int show(struct seq_file *m, int (*call)(struct seq_file *m, void *arg), void *arg,
		struct text *out)
{
	size_t size;
	int rc = 0;

	for (size = FIRST; size <= LAST; size *= 4) {
		m->buf = kvmalloc(size, GFP_KERNEL);
		if (!m->buf)
			return -ENOMEM;
		m->size = size;
		m->count = 0;
		rc = call(m, arg);
		if (rc < 0 || m->count < m->size)
			break;
		kvfree(m->buf);
		m->buf = NULL;
		rc = -E2BIG;
	}
	if (rc >= 0 && m->buf) {
		text_bytes(out, m->buf, m->count);
		text_bytes(out, "", 1);
		rc = 0;
	}
	kvfree(m->buf);
	return rc;
}

static int call_fdinfo(struct seq_file *m, void *arg)
{
	struct file *file = arg;

	file->f_op->show_fdinfo(m, file);
	return 0;
}

/* What only this kind of file adds to fdinfo; NUL-terminated. It may sleep. */
int show_fdinfo(struct file *file, struct text *out)
{
	struct seq_file m = { .file = file };

	if (!file->f_op->show_fdinfo)
		return -EOPNOTSUPP;
	mutex_init(&m.lock);
	return show(&m, call_fdinfo, file, out);
}

static int call_show(struct seq_file *m, void *arg)
{
	struct seq_file *theirs = arg;

	return theirs->op->show(m, SEQ_START_TOKEN);
}

/*
 * proc_show() - the text of /proc/<tid>/@name, which must be one of those with a single show
 * function; NUL-terminated
 */
int proc_show(struct snap *s, const struct ctask *t, const char *name, struct text *out)
{
	char *path = kasprintf(GFP_KERNEL, "/proc/%d/%s", t->tid, name);
	struct file *file = path ? filp_open(path, O_RDONLY, 0) : ERR_PTR(-ENOMEM);
	struct seq_file m = { .file = NULL }, *theirs;
	int rc = 0;

	kfree(path);
	if (IS_ERR(file))
		return PTR_ERR(file);
	theirs = file->private_data;
	if (file_inode(file)->i_sb->s_magic != PROC_SUPER_MAGIC ||
	    proc_pid_ns(file_inode(file)->i_sb) != s->pid_ns || !theirs)
		rc = -EXDEV;
	if (!rc) {
		mutex_init(&m.lock);
		m.file = file;
		m.private = theirs->private;
		m.op = theirs->op;
		rc = show(&m, call_show, theirs, out);
	}
	fput(file);
	return rc;
}

/* The value of line "key:" in a NUL-terminated text. */
const char *info_line(const struct text *t, const char *key)
{
	size_t n = strlen(key);
	const char *p = t->w.buf;

	while (p && *p) {
		if (!strncmp(p, key, n) && p[n] == ':')
			return skip_spaces(p + n + 1);
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return NULL;
}

bool info_num(const struct text *t, const char *key, int base, u64 *v)
{
	const char *p = info_line(t, key);
	char *end;
	u64 n;

	if (!p)
		return false;
	n = simple_strtoull(p, &end, base);
	if (end == p)
		return false;
	*v = n;
	return true;
}

/* The value of the next line with this key, @p being the value of one. */
const char *next_line(const char *p, const char *key)
{
	size_t n = strlen(key);

	while ((p = strchr(p, '\n'))) {
		p++;
		if (!strncmp(p, key, n) && p[n] == ':')
			return skip_spaces(p + n + 1);
	}
	return NULL;
}

/**
 * user_page() - let @call write to memory of the caller
 * @call: gets the address of a page
 * @arg: its own
 *
 * Some answers are given to the memory of a caller only. For a moment the caller, who is
 * looking at the mount, has a page for it. Return: what @call does, or a negative errno
 */
int user_page(int (*call)(void *arg, unsigned long at), void *arg)
{
	unsigned long at;
	int rc;

	if (!current->mm)
		return -EOPNOTSUPP;
	at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(at))
		return at;
	rc = call(arg, at);
	vm_munmap(at, PAGE_SIZE);
	return rc;
}

struct ioctl {
	struct file *file;
	unsigned int cmd;
	void *buf;
	size_t size;
};

static int call_ioctl(void *arg, unsigned long at)
{
	struct ioctl *c = arg;
	long rc;

	if (copy_to_user((void __user *)at, c->buf, c->size))
		return -EFAULT;
	rc = c->file->f_op->unlocked_ioctl(c->file, c->cmd, at);
	if (rc >= 0 && copy_from_user(c->buf, (void __user *)at, c->size))
		rc = -EFAULT;
	return min_t(long, rc, 0);
}

/* ask_ioctl() - what ioctl(2) would say: a struct, which is read before and filled in after */
int ask_ioctl(struct file *file, unsigned int cmd, void *buf, size_t size)
{
	struct ioctl c = { file, cmd, buf, size };

	if (!file->f_op->unlocked_ioctl || size > PAGE_SIZE)
		return -ENOTTY;
	return user_page(call_ioctl, &c);
}

struct reading {
	struct file *file;
	struct text *out;
	loff_t pos;
	char *buf;
};

/* A piece. @at: a page of the caller's, if it has to go there; else 0 */
static ssize_t read_piece(struct reading *r, unsigned long at)
{
	void __user *user = (void __user *)at;
	ssize_t got;

	if (!at)
		return kernel_read(r->file, r->buf, PAGE_SIZE, &r->pos);
	got = r->file->f_op->read(r->file, user, PAGE_SIZE, &r->pos);
	return got > 0 && copy_from_user(r->buf, user, got) ? -EFAULT : got;
}

static int read_pieces(void *arg, unsigned long at)
{
	struct reading *r = arg;
	ssize_t got = 1;

	while (got > 0 && r->pos < LAST) {
		got = read_piece(r, at);
		if (got > 0)
			text_bytes(r->out, r->buf, got);
	}
	return got < 0 ? got : 0;
}

/* All of a file. Most of /proc have no ->read_iter: these are read to processes only. Return: bytes, or a negative errno */
ssize_t read_open(struct file *file, struct text *out)
{
	struct reading r = { .file = file, .out = out, .buf = kmalloc(PAGE_SIZE, GFP_KERNEL) };
	int rc = -ENOMEM;

	if (r.buf && file->f_op->read && !file->f_op->read_iter)
		rc = user_page(read_pieces, &r);
	else if (r.buf)
		rc = read_pieces(&r, 0);
	kfree(r.buf);
	return rc ?: r.pos;
}

ssize_t read_whole(const char *path, struct text *out)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	ssize_t rc;

	if (IS_ERR(file))
		return PTR_ERR(file);
	rc = read_open(file, out);
	fput(file);
	return rc;
}
