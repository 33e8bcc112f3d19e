// SPDX-License-Identifier: GPL-2.0-or-later
/* files/<id> and inodes/<id> of a snapshot: everything that tasks and mappings have referred to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/format.h>

#include "external.h"
#include "fdroom.h"
#include "proc.h"
#include "read.h"
#include "res/fd/locks.h"
#include "res/fd/tcp.h"
#include "res/inode/pty.h"
#include "resource.h"
#include "rooms.h"
#include "snap_files.h"
#include "sock_net.h"
#include "unix_scan.h"

/* Where it is in the table of inodes, or would be. */
static struct inode **slot_of(struct inode **table, size_t size, dev_t dev, ino_t ino)
{
	size_t i = (ino * 0x9e3779b97f4a7c15ULL ^ dev * 0xff51afd7ed558ccdULL) >> 20 & (size - 1);

	while (table[i] && (table[i]->ino != ino || table[i]->dev != dev))
		i = (i + 1) & (size - 1);
	return &table[i];
}

/* Twice as much room, in the list and in the table; what was there stays in the pool. */
static int more_inodes(struct snap *s)
{
	size_t cap = s->inode_cap ? 2 * s->inode_cap : 64, i;
	struct inode **list = pool_alloc(&s->pool, cap * sizeof(*list));
	struct inode **table = pool_alloc(&s->pool, 2 * cap * sizeof(*table));

	if (!list || !table)
		return -ENOMEM;
	memset(table, 0, 2 * cap * sizeof(*table));
	for (i = 0; i < s->nr_inodes; i++) {
		list[i] = s->inodes[i];
		*slot_of(table, 2 * cap, list[i]->dev, list[i]->ino) = list[i];
	}
	s->inodes = list;
	s->inode_table = table;
	s->inode_cap = cap;
	return 0;
}

struct inode *snap_inode(struct snap *s, const struct resource *room, dev_t dev, ino_t ino, int dup)
{
	struct inode **slot = NULL, *n = NULL;

	if (s->nr_inodes < s->inode_cap || !more_inodes(s)) {
		slot = slot_of(s->inode_table, 2 * s->inode_cap, dev, ino);
		n = *slot;
	}
	if (n) {
		if (dup >= 0)
			close(dup);
		return n;
	}
	n = slot ? pool_alloc(&s->pool, sizeof(*n)) : NULL;
	if (!n) {
		if (dup >= 0)
			close(dup);
		return NULL;
	}
	*n = (struct inode){ .id = s->nr_inodes + 1, .room = room, .dev = dev, .ino = ino,
			     .dup = dup, .net = s->net };
	*slot = s->inodes[s->nr_inodes++] = n;
	return n;
}

static void read_owner(struct snap *s, struct file *f, struct crfs_file *c)
{
	struct f_owner_ex o = { .pid = 0 };
	int sig;

	if (f->flags & O_PATH)
		return;
	sig = fcntl(f->dup, F_GETSIG);
	c->signal = sig > 0 ? sig : 0;
	if (fcntl(f->dup, F_GETOWN_EX, &o) < 0 || !o.pid)
		return;
	c->owner = snap_vpid(s, o.pid);
	c->owner_type = o.type == F_OWNER_TID ? CRFS_OWNER_TID :
			o.type == F_OWNER_PID ? CRFS_OWNER_PID : CRFS_OWNER_PGRP;
	if (!c->owner)
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "its owner (F_SETOWN) is pid %d outside the container: "
				 "let the program choose another", o.pid);
}

static const struct resource *find_room(const struct file *f)
{
	const struct resource *const *r;

	for (r = resources; *r; r++)
		if ((*r)->scope == PER_FILE && (*r)->match && (*r)->match(f))
			return *r;
	return NULL;
}

const struct resource *file_room(struct snap *s, const struct file *f)
{
	return external_of(s, f) ? &res_fd_external : find_room(f);
}

static bool has_section(const struct resource *r, const char *name)
{
	const struct crfs_shape *const *sh;

	for (sh = r->shapes; sh && *sh; sh++)
		if (!strcmp((*sh)->name, name))
			return true;
	return false;
}

static int put_text(struct snap *s, struct node *dir, const char *name, struct text *out)
{
	size_t len;
	char *text = text_take(out, &len);

	if (!text || !tree_text(s->tree, dir, name, text, len))
		return fail(s->err, -ENOMEM, "%s", name);
	return 0;
}

/* Sockets are looked at, and made, where they are. */
static int go_there(struct snap *s, const struct file *f)
{
	struct sock_net *n = S_ISSOCK(f->st.st_mode) ? sock_net_of(s, f, f->dup) : s->net;
	int rc = n ? sock_net_go(s, n) : -ENOMEM;

	return rc ? fail_on(s->err, rc, file_obj(s, f), "setns into its network namespace") : 0;
}

/*
 * Regular files, directories and /dev/null never signal, so that fcntl(2) cannot set O_ASYNC of them: it was
 * given to open(2). Or it came with a lease, which brings it again (fasync_insert_entry(), fs/fcntl.c).
 */
static bool never_signals(const struct stat *st)
{
	const unsigned int minor = minor(st->st_rdev);

	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 && minor != 8 && minor != 9);	/* random, urandom do */
}

static void name_async(struct snap *s, const struct file *f)
{
	if (f->flags & O_ASYNC && never_signals(&f->st) && !locks_leased(f))
		snap_lost(s, file_obj(s, f), "O_ASYNC, which means nothing to %s: open it without", f->link);
}

/*
 * Nothing tells what F_NOTIFY (dnotify) was asked for, but it makes the program the owner, which means nothing to a
 * directory otherwise.
 */
static void name_notify(struct snap *s, const struct file *f, const struct crfs_file *c)
{
	if (S_ISDIR(f->st.st_mode) && c->owner_type != CRFS_OWNER_NONE)
		snap_lost(s, file_obj(s, f), "that its owner is told what happens in %s (F_NOTIFY), if so: let the "
			  "program close it, or use inotify", f->link);
}

static int read_file(struct snap *s, struct file *f, struct text *out)
{
	struct crfs_file c = { .flags = f->flags, .pos = f->pos };

	f->room = file_room(s, f);
	if (f->room == &res_fd_external)	/* pipe(2) leaves it out, open(2) adds it */
		c.flags &= ~FILE_LARGE;
	if (!f->room) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s: no room knows it", f->link);
		return 0;
	}
	if (c.pos && lseek(f->dup, 0, SEEK_CUR) < 0)	/* it counts what was read, and nobody can tell (tun) */
		c.pos = 0;
	name_async(s, f);
	if (f->flight && (f->flags & O_ASYNC))
		file_refuse_flight(s, f, "with O_ASYNC");
	c.type = (struct crfs_str){ f->room->name, strlen(f->room->name) };
	read_owner(s, f, &c);
	name_notify(s, f, &c);
	if (!has_section(f->room, "locks"))
		locks_refuse(s, f);
	text_section(out, &crfs_file_shape);
	text_rec(out, &crfs_file_shape, &c);
	return f->room->read(s, f, out);
}

/* The text of @f, behind what @out has already; nothing if it was closed meanwhile. */
static int file_text(struct snap *s, struct file *f, struct text *out)
{
	struct crfs_file_id id = { f->id };
	int rc;

	if (f->dup < 0)
		f->dup = files_getfd(s, f->task, f->fd);
	if (f->dup < 0 && s->live)
		return 0;
	if (f->dup < 0)
		return fail_on(s->err, f->dup, file_obj(s, f), "pidfd_getfd of descriptor %d of %d",
			       f->fd, f->task->tid);
	file_sock(s, f);
	if (f->id >= CRFS_FILE_GROUPED) {
		text_section(out, &crfs_file_id_shape);
		text_rec(out, &crfs_file_id_shape, &id);
	}
	rc = go_there(s, f) ?: read_file(s, f, out);
	close(f->dup);
	f->dup = -1;
	return rc ? fail_on(s->err, rc, file_obj(s, f), "reading %s", f->link) : 0;
}

/* From file @i on, those that stand in one file of the tree. Return: how many, or a negative errno */
static ssize_t emit_files(struct snap *s, struct node *dir, size_t i)
{
	const __u32 number = crfs_file_node(s->files[i]->id);
	struct text out = { .failed = false };
	char name[16];
	ssize_t n = 0;
	int rc = 0;

	for (; !rc && i + n < s->nr_files && crfs_file_node(s->files[i + n]->id) == number; n++)
		rc = file_text(s, s->files[i + n], &out);
	snprintf(name, sizeof(name), "%u", number);
	if (!rc && out.w.len)
		rc = put_text(s, dir, name, &out);
	text_free(&out);
	return rc ? rc : n;
}

static int emit_inode(struct snap *s, struct node *dir, struct inode *n)
{
	struct crfs_inode c = { .type = { n->room->name, strlen(n->room->name) } };
	struct text out = { .failed = false };
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "%u", n->id);
	n->dir = tree_dir(s->tree, dir, name);
	if (!n->dir)
		return fail(s->err, -ENOMEM, "inodes/%s", name);
	text_section(&out, &crfs_inode_shape);
	text_rec(&out, &crfs_inode_shape, &c);
	rc = n->net ? sock_net_go(s, n->net) : 0;
	if (!rc)
		rc = n->room->read(s, n, &out);
	if (!rc)
		rc = put_text(s, n->dir, "status", &out);
	text_free(&out);
	return rc ? fail_on(s->err, rc, snap_obj(s, "inodes", n->id), "reading it") : 0;
}

int files_emit(struct snap *s)
{
	struct node *root = tree_root(s->tree);
	struct node *files = tree_dir(s->tree, root, CRFS_FILES);
	struct node *inodes = tree_dir(s->tree, root, CRFS_INODES);
	size_t i;
	ssize_t n;
	int rc = files && inodes ? sock_nets_begin(s) : fail(s->err, -ENOMEM, "the tree");

	if (!rc)
		rc = unix_scan(s);
	for (i = 0; i < s->nr_files && !rc; i += n > 0 ? n : 0) {
		n = emit_files(s, files, i);
		rc = n < 0 ? (int)n : 0;
	}
	tcp_done(s);
	for (i = 0; i < s->nr_inodes && !rc; i++)
		rc = emit_inode(s, inodes, s->inodes[i]);
	if (!rc && !s->live)
		pty_check_tasks(s);
	if (!rc)
		rc = files_leaks(s);
	unix_free(s);
	files_free(s);
	return sock_nets_end(s) ?: rc;
}
