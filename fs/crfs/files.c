// SPDX-License-Identifier: GPL-2.0-only
/* files/<id> and inodes/<id>: everything that tasks and mappings have referred to. */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <net/sock.h>

#include <crfs/res/fd/common.h>
#include <crfs/res/fd/locks.h>

#include "internal.h"
#include "external.h"
#include "res/fd/sock_net.h"
#include "res/fd/tun.h"

#define FILE_HASH_BITS 12
#define MQUEUE_MAGIC 0x19800202	/* ipc/mqueue.c */

const char *file_obj(struct snap *s, const struct cfile *f)
{
	return snap_obj(s, "files", f->id);
}

static struct cfile **slot_of(const struct snap *s, const struct file *file)
{
	return &s->file_hash[hash_ptr(file, FILE_HASH_BITS)];
}

struct cfile *files_known(const struct snap *s, const struct file *file)
{
	struct cfile *f = s->file_hash ? *slot_of(s, file) : NULL;

	while (f && f->file != file)
		f = f->hash_next;
	return f;
}

/* Once it is open, how it was made is of no use: O_TMPFILE is left out. */
static u32 flags_of(const struct file *file)
{
	u32 flags = file->f_flags & ~O_CLOEXEC;

	return (flags & O_TMPFILE) == O_TMPFILE ? flags & ~O_TMPFILE : flags;
}

static int fill(struct snap *s, struct cfile *f)
{
	int rc = vfs_getattr(&f->file->f_path, &f->st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	f->flags = flags_of(f->file);
	f->link = path_text(s, &f->file->f_path);
	return rc ? rc : f->link ? 0 : -ENOMEM;
}

/**
 * snap_file() - the number of an open file description
 * @s: the snapshot
 * @t: where it was met
 * @fd: its number there
 * @file: the description; a reference is taken
 * @out: its entry
 */
int snap_file(struct snap *s, struct ctask *t, int fd, struct file *file, struct cfile **out)
{
	struct cfile *f, **slot, **files;
	int rc;

	if (!s->file_hash)
		s->file_hash = snap_alloc(s, sizeof(*s->file_hash) << FILE_HASH_BITS);
	if (!s->file_hash)
		return -ENOMEM;
	*out = files_known(s, file);
	if (*out)
		return 0;
	files = snap_grow(s, s->files, s->nr_files, &s->files_cap, sizeof(*files));
	f = files ? snap_alloc(s, sizeof(*f)) : NULL;
	if (!f)
		return -ENOMEM;
	s->files = files;
	*f = (struct cfile){ .id = s->nr_files + 1, .task = t, .fd = fd, .file = file };
	rc = fill(s, f);
	if (rc)
		return rc;
	get_file(file);
	slot = slot_of(s, file);
	f->hash_next = *slot;
	*slot = f;
	s->files[s->nr_files++] = f;
	*out = f;
	return 0;
}

/* The container's own descriptions are held only while they are looked at. */
void files_put(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_files; i++)
		fput(s->files[i]->file);
	s->nr_files = 0;
	s->file_hash = NULL;
}

/**
 * snap_inode() - find or make the inode that @key stands for
 * @s: the snapshot
 * @room: its room
 * @key: the struct inode, or what else tells it
 * @file: a description of our own, which is taken over; NULL if the room needs none
 */
struct cinode *snap_inode(struct snap *s, const struct room *room, const void *key,
			  struct file *file)
{
	struct cinode *n = NULL, **inodes;
	size_t i;

	for (i = 0; i < s->nr_inodes && !n; i++)
		if (s->inodes[i]->key == key)
			n = s->inodes[i];
	if (n) {
		if (file)
			fput(file);
		return n;
	}
	inodes = snap_grow(s, s->inodes, s->nr_inodes, &s->inodes_cap, sizeof(*inodes));
	n = inodes ? snap_alloc(s, sizeof(*n)) : NULL;
	if (!n) {
		if (file)
			fput(file);
		return NULL;
	}
	s->inodes = inodes;
	*n = (struct cinode){ .id = s->nr_inodes + 1, .room = room, .key = key, .file = file, .net = s->net };
	s->inodes[s->nr_inodes++] = n;
	return n;
}

static struct fown_struct *owner_of(struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return READ_ONCE(file->f_owner);
#else
	return &file->f_owner;
#endif
}

static void read_owner(struct snap *s, struct cfile *f, struct crfs_file *c)
{
	struct fown_struct *o = owner_of(f->file);
	struct pid *pid;
	pid_t nr = 0;

	if (f->flags & O_PATH || !o)
		return;
	rcu_read_lock();
	pid = o->pid;
	c->signal = o->signum;
	if (pid && pid_task(pid, o->pid_type))
		nr = pid_nr_ns(pid, s->pid_ns);
	c->owner_type = !nr ? CRFS_OWNER_NONE : o->pid_type == PIDTYPE_PID ? CRFS_OWNER_TID :
			o->pid_type == PIDTYPE_TGID ? CRFS_OWNER_PID : CRFS_OWNER_PGRP;
	c->owner = nr ? snap_vpid(s, pid) : 0;
	rcu_read_unlock();
	if (nr && !c->owner)
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "its owner (F_SETOWN) is pid %d outside the container: let the program choose another",
				 nr);
}

/* ---- locks ---- */

static const char *const lock_words[] = { "FLOCK", "OFDLCK", "LEASE", "POSIX" };
enum { WORD_FLOCK, WORD_OFD, WORD_LEASE, WORD_POSIX, WORD_NONE };

static int word_of(const struct file_lock *l, const struct cfile *f, unsigned int list)
{
	unsigned int flags = crfs_lock(l, flags);

	if (list == WORD_POSIX && !(flags & FL_OFDLCK))
		return WORD_POSIX;
	if (crfs_lock(l, file) != f->file)
		return WORD_NONE;
	return list == WORD_POSIX ? WORD_OFD : list;
}

struct lock_copy {
	int word;
	bool breaking;
	struct crfs_lock rec;
};

static void copy_lock(const struct file_lock *l, int word, struct lock_copy *c)
{
	bool write = crfs_lock(l, type) == F_WRLCK;

	*c = (struct lock_copy){ .word = word };
	c->breaking = word == WORD_LEASE &&
		      crfs_lock(l, flags) & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING);
	c->rec.kind = word == WORD_FLOCK ? CRFS_LOCK_FLOCK : word == WORD_OFD ? CRFS_LOCK_OFD :
		      CRFS_LOCK_LEASE;
	c->rec.mode = write ? CRFS_LOCK_WRITE : CRFS_LOCK_READ;
	if (word != WORD_OFD)	/* others are of the whole file, and do not set the rest */
		return;
	c->rec.start = l->fl_start;
	c->rec.len = l->fl_end == OFFSET_MAX ? 0 : l->fl_end - l->fl_start + 1;
}

/* Up to @size of the locks of @f's description. Return: how many there are */
static size_t locks_of(const struct cfile *f, struct lock_copy *v, size_t size)
{
	struct file_lock_context *ctx = crfs_lock_context(file_inode(f->file));
	struct file_lock *l;
	size_t n = 0;
	int word;

	if (!ctx)
		return 0;
	spin_lock(&ctx->flc_lock);
	/* In the order of fdinfo: show_fd_locks(), fs/locks.c. */
#define TAKE(head, list)							\
	crfs_for_each_lock(l, head) {						\
		word = word_of(l, f, list);					\
		if (word == WORD_NONE || word == WORD_POSIX)			\
			continue;						\
		if (n < size)							\
			copy_lock(l, word, &v[n]);				\
		n++;								\
	}
	TAKE(&ctx->flc_flock, WORD_FLOCK)
	TAKE(&ctx->flc_posix, WORD_POSIX)
	TAKE(&ctx->flc_lease, WORD_LEASE)
#undef TAKE
	spin_unlock(&ctx->flc_lock);
	return n;
}

static size_t locks_get(struct snap *s, const struct cfile *f, struct lock_copy **v)
{
	size_t n = locks_of(f, NULL, 0), got;

	*v = n ? snap_alloc(s, n * sizeof(**v)) : NULL;
	got = *v ? locks_of(f, *v, n) : 0;
	return min(n, got);
}

/* locks_read() - the section of locks that belong to a description */
void locks_read(struct snap *s, const struct cfile *f, struct text *out)
{
	struct lock_copy *v;
	size_t n = locks_get(s, f, &v), i;

	text_section(out, &crfs_lock_shape);
	for (i = 0; i < n; i++) {
		if (f->flight && v[i].word == WORD_LEASE)
			file_refuse_flight(s, f, "with a lease");
		if (!v[i].breaking)
			text_rec(out, &crfs_lock_shape, &v[i].rec);
		else
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
					 "%s lock, BREAKING: wait until it is settled",
					 lock_words[v[i].word]);
	}
}

static void locks_refuse(struct snap *s, const struct cfile *f)
{
	struct lock_copy *v;
	size_t n = locks_get(s, f, &v), i;

	for (i = 0; i < n; i++)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s lock on %s: only files and directories carry theirs: let the program release it",
				 lock_words[v[i].word], f->link);
}

/* ---- the tree ---- */

static const struct room *find_room(const struct cfile *f)
{
	const struct room *const *r;

	for (r = rooms; *r; r++)
		if ((*r)->scope == PER_FILE && (*r)->match(f))
			return *r;
	return NULL;
}

const struct room *file_room(struct snap *s, const struct cfile *f)
{
	return external_of(s, f) ? &res_fd_external : find_room(f);
}

bool file_is_mqueue(const struct cfile *f)
{
	return file_inode(f->file)->i_sb->s_magic == MQUEUE_MAGIC;
}

/* Is its name one that the kernel makes (d_path()), and none that anybody can give? */
bool kernel_named(const struct file *file)
{
	const struct dentry_operations *ops = file->f_path.dentry->d_op;

	return ops && ops->d_dname;
}

/* memfd_create(2), and not a file that is called so */
bool file_is_memfd(const struct file *file, const char *link)
{
	return !strncmp(link, "/memfd:", 7) && kernel_named(file);
}

/* A regular file of a file system, and neither a queue nor memory. */
bool file_plain(const struct cfile *f)
{
	return S_ISREG(f->st.mode) && !(f->flags & O_PATH) && *f->link == '/' &&
	       !file_is_memfd(f->file, f->link) && !file_is_mqueue(f) &&
	       file_inode(f->file)->i_sb->s_magic != SECRETMEM_MAGIC;
}

bool file_leased(const struct cfile *f)
{
	struct file_lock_context *ctx = crfs_lock_context(file_inode(f->file));
	struct file_lock *l;
	bool found = false;

	if (!ctx)
		return false;
	spin_lock(&ctx->flc_lock);
	crfs_for_each_lock(l, &ctx->flc_lease)
		found |= crfs_lock(l, file) == f->file;
	spin_unlock(&ctx->flc_lock);
	return found;
}

/*
 * Regular files, directories and /dev/null never signal, so that fcntl(2) cannot set O_ASYNC of them: it was
 * given to open(2). Or it came with a lease, which brings it again.
 */
static bool never_signals(const struct kstat *st)
{
	const unsigned int minor = MINOR(st->rdev);

	return S_ISREG(st->mode) || S_ISDIR(st->mode) ||
	       (S_ISCHR(st->mode) && MAJOR(st->rdev) == MEM_MAJOR && minor != 8 && minor != 9);	/* random, urandom do */
}

static void name_async(struct snap *s, const struct cfile *f)
{
	if (f->flags & FASYNC && never_signals(&f->st) && !file_leased(f))
		snap_lost(s, file_obj(s, f), "O_ASYNC, which means nothing to %s: open it without",
			  f->link);
}

/*
 * What F_NOTIFY (dnotify) was asked for is in a mark that is private to it, but it makes the program the owner,
 * which means nothing to a directory otherwise.
 */
static void name_notify(struct snap *s, const struct cfile *f, const struct crfs_file *c)
{
	if (S_ISDIR(f->st.mode) && c->owner_type != CRFS_OWNER_NONE)
		snap_lost(s, file_obj(s, f),
			  "that its owner is told what happens in %s (F_NOTIFY), if so: let the program close it, or use inotify",
			  f->link);
}

/* What only a task could put back, and none has. */
void file_refuse_flight(struct snap *s, const struct cfile *f, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s, %s, is only in flight, in a message of a unix socket: let the program receive it",
			 f->link, what);
}

static int read_file(struct snap *s, struct cfile *f, struct text *out)
{
	struct crfs_file c = { .flags = f->flags, .pos = f->file->f_pos };

	if (!(f->file->f_mode & FMODE_LSEEK))	/* it counts what was read, and nobody can tell (tun) */
		c.pos = 0;
	f->room = file_room(s, f);
	if (f->room == &res_fd_external)	/* pipe(2) leaves it out, open(2) adds it */
		c.flags &= ~O_LARGEFILE;
	name_async(s, f);
	if (f->flight && f->flags & FASYNC)
		file_refuse_flight(s, f, "with O_ASYNC");
	c.type = str_of(f->room->name);
	read_owner(s, f, &c);
	name_notify(s, f, &c);
	if (!f->room->locks)
		locks_refuse(s, f);
	text_section(out, &crfs_file_shape);
	text_rec(out, &crfs_file_shape, &c);
	return f->room->read(s, f, out);
}

static int put_text(struct snap *s, struct cnode *dir, const char *name, int rc, struct text *out)
{
	size_t len;
	char *text;

	if (!rc && out->failed)
		rc = -ENOMEM;
	if (rc < 0) {
		text_free(out);
		return rc;
	}
	text = text_take(out, &len);
	return tree_text(s->tree, dir, name, text, len) ? 0 : -ENOMEM;
}

/* The text of @f, behind what @out has already. */
static int file_text(struct snap *s, struct cfile *f, struct text *out)
{
	struct crfs_file_id id = { f->id };
	int rc;

	if (f->id >= CRFS_FILE_GROUPED) {
		text_section(out, &crfs_file_id_shape);
		text_rec(out, &crfs_file_id_shape, &id);
	}
	rc = sock_net_go(s, f) ?: read_file(s, f, out);
	return rc < 0 ? rc : 0;		/* more than 0: named already */
}

/* From file @i on, those that stand in one file of the tree. Return: how many, or a negative errno */
static ssize_t emit_files(struct snap *s, struct cnode *dir, size_t i)
{
	const u32 number = crfs_file_node(s->files[i]->id);
	struct text out = { .failed = false };
	char name[16];
	ssize_t n = 0;
	int rc = 0;

	for (; !rc && i + n < s->nr_files && crfs_file_node(s->files[i + n]->id) == number; n++)
		rc = file_text(s, s->files[i + n], &out);
	snprintf(name, sizeof(name), "%u", number);
	rc = put_text(s, dir, name, rc, &out);
	return rc ? rc : n;
}

static int emit_inode(struct snap *s, struct cnode *dir, struct cinode *n)
{
	struct crfs_inode c = { .type = str_of(n->room->name) };
	struct text out = { .failed = false };
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "%u", n->id);
	n->dir = tree_dir(s->tree, dir, name);
	if (!n->dir)
		return -ENOMEM;
	text_section(&out, &crfs_inode_shape);
	text_rec(&out, &crfs_inode_shape, &c);
	s->net = n->net;
	rc = n->room->read(s, n, &out);
	return put_text(s, n->dir, "status", rc, &out);
}

int files_emit(struct snap *s)
{
	struct cnode *files = tree_dir(s->tree, s->tree->root, CRFS_FILES);
	struct cnode *inodes = tree_dir(s->tree, s->tree->root, CRFS_INODES);
	size_t i;
	ssize_t n;
	int rc = unix_scan(s);

	for (i = 0; i < s->nr_files && !rc; i += n > 0 ? n : 0) {
		n = emit_files(s, files, i);
		rc = n < 0 ? n : 0;
	}
	for (i = 0; i < s->nr_inodes && !rc; i++)
		rc = emit_inode(s, inodes, s->inodes[i]);
	if (rc)
		return snap_fail(s, rc, "files or inodes");
	pty_check_tasks(s);
	leaks_files(s);
	rc = tun_links_check(s);
	return rc ? snap_fail(s, rc, "links of kind tun") : 0;
}
