// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory of CRIU's images as a checkpoint.
 *
 * What images do not say is taken from this machine: the CPU and kernel of the header, times of mapped
 * files. Images of a kind that is not known here are refused by name: they hold state.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/format.h>
#include <crfs/res/root/cgroup.h>

#include "import.h"
#include "rooms.h"
#include "snap.h"

void refuse(struct import *x, const char *object, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	errlist_add(x->why, -EOPNOTSUPP, object, "%s: crtar does not convert such", text);
}

int add_text(struct import *x, struct node *dir, const char *name, struct text *t)
{
	size_t len;
	char *text = text_take(t, &len);

	if (text && tree_text(x->t, dir, name, text, len))
		return 0;
	free(text);
	return fail(&x->e, -ENOMEM, "memory for a text");
}

static ssize_t bytes_pread(struct node *n, void *buf, size_t size, off_t off)
{
	if (off >= n->size)
		return 0;
	size = (off_t)size < n->size - off ? size : (size_t)(n->size - off);
	memcpy(buf, (char *)n->priv + off, size);
	return size;
}

static const struct payload_ops bytes_ops = { .pread = bytes_pread };

int add_bytes(struct import *x, struct node *dir, const char *name, const void *p, size_t n)
{
	void *copy = pool_alloc(x->pool, n ? n : 1);

	if (!copy)
		return fail(&x->e, -ENOMEM, "memory for what is in it");
	if (n)
		memcpy(copy, p, n);
	return tree_payload(x->t, dir, name, n, &bytes_ops, copy, 0) ? 0 : fail(&x->e, -ENOMEM, "memory for a file");
}

void *message(struct import *x, uint32_t kind, const ProtobufCMessageDescriptor *d, const char *fmt, ...)
{
	char name[64];
	struct img img;
	void *msg = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	r = img_open(&img, x->dir, kind, &x->e, "%s", name);
	if (r == -ENOENT)
		fail_on(&x->e, r, name, "it is missing: name a whole directory of images");
	if (!r)
		msg = img_get(&img, d, x->pool, &x->e);
	img_close(&img);
	if (!msg)
		fail_on(&x->e, -EBADMSG, name, "there is nothing in it: copy it again");
	return msg;
}

struct import_inode *inode_of(struct import *x, int kind, uint64_t key, bool *fresh)
{
	struct import_inode *i;
	char name[16];

	*fresh = false;
	for (i = x->inodes; i; i = i->next)
		if ((int)i->kind == kind && i->key == key)
			return i;
	i = pool_alloc(x->pool, sizeof(*i));
	if (!i)
		return NULL;
	*i = (struct import_inode){ .kind = kind, .key = key, .number = ++x->next_inode, .next = x->inodes };
	snprintf(name, sizeof(name), "%u", i->number);
	i->dir = tree_dir(x->t, tree_dir(x->t, tree_root(x->t), CRFS_INODES), name);
	x->inodes = i;
	*fresh = true;
	return i->dir ? i : NULL;
}

bool looks(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	return !stat(path, st);
}

/* Images that are read, or say nothing that a restore needs. */
static bool is_known(const char *name)
{
	static const char *const known[] = {
		"inventory.img", "pstree.img", "core-*.img", "mm-*.img", "pagemap-*.img", "pages-*.img", "files.img",
		"fdinfo-*.img", "fs-*.img", "ids-*.img", "pipes-data.img", "memfd.img", "seccomp.img", "timens-0.img",
		"cgroup.img", "stats-*", "cpuinfo.img", "*.log", "irmap-cache",
	};
	size_t i;

	if (*name == '.')
		return true;
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!fnmatch(known[i], name, 0))
			return true;
	return false;
}

static int check_names(struct import *x)
{
	int fd = openat(x->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d)
		return fail(&x->e, -errno, "list the directory");
	while ((de = readdir(d)))
		if (!is_known(de->d_name))
			refuse(x, de->d_name, "an image of another kind");
	closedir(d);
	return 0;
}

static bool is_here(const Criu__Ids *a, const Criu__Ids *b)
{
	return !b || (a->pid_ns == b->pid_ns && a->net_ns == b->net_ns && a->ipc_ns == b->ipc_ns &&
		      a->uts_ns == b->uts_ns && a->mnt_ns == b->mnt_ns && a->user_ns == b->user_ns &&
		      a->cgroup_ns == b->cgroup_ns && a->time_ns == b->time_ns);
}

static int read_process(struct import *x, struct process *p)
{
	unsigned int pid = p->p->pid;
	char name[32];

	p->core = message(x, CRIU_CORE, &criu__core__descriptor, "core-%u.img", pid);
	p->ids = x->e.code ? NULL : message(x, CRIU_IDS, &criu__ids__descriptor, "ids-%u.img", pid);
	p->fs = x->e.code ? NULL : message(x, CRIU_FS, &criu__fs__descriptor, "fs-%u.img", pid);
	p->mm = x->e.code ? NULL : message(x, CRIU_MM, &criu__mm__descriptor, "mm-%u.img", pid);
	if (x->e.code)
		return x->e.code;
	snprintf(name, sizeof(name), "ids-%u.img", pid);
	if (!is_here(p->ids, x->inventory->root))
		refuse(x, name, "namespaces of its own");
	return 0;
}

static int read_processes(struct import *x)
{
	Criu__Process *msg;
	struct img img;
	int r = img_open(&img, x->dir, CRIU_PSTREE, &x->e, "pstree.img");
	struct process *more;

	if (r == -ENOENT)
		return fail_on(&x->e, r, "pstree.img", "it is missing: name a whole directory of images");
	while (!r && (msg = img_get(&img, &criu__process__descriptor, x->pool, &x->e))) {
		more = realloc(x->all, (x->nr + 1) * sizeof(*more));
		if (!more || !msg->n_threads) {
			r = fail_on(&x->e, more ? -EBADMSG : -ENOMEM, "pstree.img", "read it");
			x->all = more ? more : x->all;
			break;
		}
		x->all = more;
		x->all[x->nr] = (struct process){ .p = msg, .mm_id = x->nr + 1 };
		x->nr++;
	}
	img_close(&img);
	for (size_t i = 0; i < x->nr && !x->e.code; i++)
		read_process(x, &x->all[i]);
	return x->e.code;
}

static int read_files(struct import *x)
{
	struct import_file *more;
	Criu__File *msg;
	struct img img;
	int r = img_open(&img, x->dir, CRIU_FILES, &x->e, "files.img");

	if (r == -ENOENT)
		return fail_on(&x->e, r, "files.img", "it is missing: CRIU before 3 wrote others");
	while (!r && (msg = img_get(&img, &criu__file__descriptor, x->pool, &x->e))) {
		more = realloc(x->files, (x->nr_files + 1) * sizeof(*more));
		if (!more)
			return fail(&x->e, -ENOMEM, "memory for files");
		x->files = more;
		x->files[x->nr_files++] = (struct import_file){ .f = msg };
	}
	img_close(&img);
	return x->e.code;
}

static int read_inventory(struct import *x)
{
	Criu__Seccomp *s;
	struct img img;

	x->inventory = message(x, CRIU_INVENTORY, &criu__inventory__descriptor, "inventory.img");
	if (x->e.code)
		return x->e.code;
	if (x->inventory->version < 1 || x->inventory->version > 2 || !x->inventory->fdinfo_per_id || !x->inventory->root)
		return fail_on(&x->e, -EOPNOTSUPP, "inventory.img", "images of version %u: crtar knows 1 and 2",
			       x->inventory->version);
	if (img_open(&img, x->dir, CRIU_SECCOMP, &x->e, "seccomp.img"))
		return x->e.code;
	s = img_get(&img, &criu__seccomp__descriptor, x->pool, &x->e);
	if (s && s->n_filters)
		refuse(x, "seccomp.img", "filters of seccomp");
	img_close(&img);
	return x->e.code;
}

/* Of this machine: images do not say on what they were taken. */
static int put_root(struct import *x)
{
	struct cgroup cg = { .inner = "/" };
	struct snap s = { .cg = &cg };
	struct text t = { .failed = false };
	int r;

	res_root_header.read(&s, NULL, &t);
	r = add_text(x, tree_root(x->t), CRFS_HEADER, &t);
	text_section(&t, &crfs_cgroup_shape);
	return r ?: add_text(x, tree_root(x->t), "cgroup", &t) ?:
	       add_text(x, tree_root(x->t), CRFS_UNSUPPORTED, &t);
}

static int put_all(struct import *x)
{
	size_t i;
	int r = put_root(x);

	for (i = 0; i < x->nr && !r; i++)
		r = import_task(x, &x->all[i]);
	for (i = 0; i < x->nr && !r; i++)
		r = import_mm(x, &x->all[i]);
	return r ?: import_shm(x) ?: import_files(x);
}

int criu_import(int dir, struct tree *t, struct pool *pool, struct errlist *why)
{
	struct import x = { .dir = dir, .t = t, .pool = pool, .why = why };

	if (!read_inventory(&x) && !check_names(&x) && !read_processes(&x) && !read_files(&x))
		put_all(&x);
	if (x.e.code)
		errlist_take(why, &x.e);
	free(x.all);
	free(x.files);
	return why->first;
}
