// SPDX-License-Identifier: GPL-2.0-only
/* Taking a snapshot: list, look whether all stand still, read; room by room into the tree. */
#include <linux/kernel.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "internal.h"
#include "res/inode/sysv.h"

/* ---- memory that lives as long as the snapshot ---- */

struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[] __aligned(8);
};

#define CHUNK_SIZE (16384 - sizeof(struct chunk))

void *snap_alloc(struct snap *s, size_t n)
{
	struct chunk *c = s->pool;
	void *p;

	n = ALIGN(n, 8);
	if (!c || c->size - c->used < n) {
		size_t size = max_t(size_t, n, CHUNK_SIZE);

		c = kvzalloc(sizeof(*c) + size, GFP_KERNEL_ACCOUNT);
		if (!c) {
			s->nomem = true;
			return NULL;
		}
		c->size = size;
		c->next = s->pool;
		s->pool = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

char *snap_printf(struct snap *s, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = snap_alloc(s, n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, n + 1, fmt, ap);
	va_end(ap);
	return p;
}

/* An array of @nr elements of @size with room for one more; the old one stays in the pool. */
void *snap_grow(struct snap *s, void *old, size_t nr, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 16;
	void *p;

	if (nr < *cap)
		return old;
	p = snap_alloc(s, more * size);
	if (!p)
		return NULL;
	if (nr)
		memcpy(p, old, nr * size);
	*cap = more;
	return p;
}

/** struct kept - a text that is on its way into the tree */
struct kept {
	struct text t;
	struct kept *next;
};

/* snap_text() - a text for bytes that the tree takes later, if it comes to that */
struct text *snap_text(struct snap *s)
{
	struct kept *k = snap_alloc(s, sizeof(*k));

	if (!k)
		return NULL;
	*k = (struct kept){ .next = s->kept };
	s->kept = k;
	return &k->t;
}

static void free_kept(struct snap *s)
{
	for (; s->kept; s->kept = s->kept->next)
		text_free(&s->kept->t);
}

/* ---- obstacles ---- */

static const char *errno_name(int code)
{
	switch (-code) {
	case EPERM:
		return "EPERM";
	case ENOENT:
		return "ENOENT";
	case EIO:
		return "EIO";
	case E2BIG:
		return "E2BIG";
	case EAGAIN:
		return "EAGAIN";
	case ENOMEM:
		return "ENOMEM";
	case EACCES:
		return "EACCES";
	case EFAULT:
		return "EFAULT";
	case EBUSY:
		return "EBUSY";
	case EEXIST:
		return "EEXIST";
	case EXDEV:
		return "EXDEV";
	case ENODEV:
		return "ENODEV";
	case EINVAL:
		return "EINVAL";
	case ENAMETOOLONG:
		return "ENAMETOOLONG";
	case ENODATA:
		return "ENODATA";
	case ESTALE:
		return "ESTALE";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	default:
		return "EIO";
	}
}

/*
 * A line is a line, whatever is in the names in it: what breaks it goes as in the tree's
 * strings.
 */
static void add_escaped(struct text *to, const char *p)
{
	char esc[5];

	for (; *p; p++) {
		unsigned char c = *p;

		if (c >= 0x20 && c != 0x7f) {
			text_bytes(to, p, 1);
			continue;
		}
		snprintf(esc, sizeof(esc), "\\%03o", c);
		text_bytes(to, esc, 4);
	}
}

static __printf(5, 0) void add_line(struct text *to, int code, const char *object,
				    const char *pre, const char *fmt, va_list ap)
{
	char *line = kvasprintf(GFP_KERNEL, fmt, ap);
	const char *e = errno_name(code);

	if (!line) {
		to->failed = true;
		return;
	}
	text_bytes(to, e, strlen(e));
	text_bytes(to, " ", 1);
	add_escaped(to, object);
	text_bytes(to, ": ", 2);
	text_bytes(to, pre, strlen(pre));
	add_escaped(to, line);
	text_bytes(to, "\n", 1);
	kfree(line);
}

/* May be called under rcu_read_lock() by nobody: it allocates. */
void snap_unsupported(struct snap *s, int code, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&s->unsupported, code, object, "", fmt, ap);
	va_end(ap);
}

void snap_lost(struct snap *s, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(&s->lost, -ENODATA, object, "lost: ", fmt, ap);
	va_end(ap);
}

const char *snap_obj(struct snap *s, const char *dir, u32 id)
{
	const char *p = snap_printf(s, "%s/%u", dir, id);

	return p ? p : dir;
}

/* The first reason wins. */
int snap_fail(struct snap *s, int rc, const char *what)
{
	if (!s->why)
		s->why = what;
	return rc;
}

/*
 * What a file or a name is asked may fail for want of memory, and then there is none of the answers
 * that an error stands for: the snapshot is none. Return: @rc
 */
int snap_tried(struct snap *s, int rc)
{
	if (rc == -ENOMEM)
		s->nomem = true;
	return rc;
}

/* ---- the tree ---- */

static struct cnode *numbered(struct snap *s, struct cnode *dir, u32 id)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", id);
	return tree_dir(s->tree, dir, name);
}

static int emit(struct snap *s, const struct room *r, void *obj, struct cnode *dir)
{
	struct text out = { .failed = false };
	size_t len;
	char *text;
	int rc = r->read(s, obj, &out);

	if (!rc && out.failed)
		rc = -ENOMEM;
	if (rc || !out.w.len) {
		text_free(&out);
		return rc ? snap_fail(s, rc, r->name) : 0;
	}
	text = text_take(&out, &len);
	return tree_text(s->tree, dir, r->name, text, len) ? 0 : -ENOMEM;
}

static bool of_task(const struct room *r, const struct ctask *t)
{
	if (t->zombie)
		return r->zombies && r->scope == PER_THREAD;
	return r->scope == PER_THREAD || (r->scope == PER_PROCESS && t->leader == t) ||
	       (r->scope == PER_SIGHAND && t->sighand == t) ||
	       (r->scope == PER_FDTABLE && t->files == t) || (r->scope == PER_FS && t->fs == t);
}

static int read_tasks(struct snap *s, struct cnode *dir)
{
	const struct room *const *r;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct ctask *t = &s->tasks[i];

		t->dir = numbered(s, dir, t->vtid);
		if (!t->dir)
			return -ENOMEM;
		for (r = rooms; *r && !rc; r++)
			if (of_task(*r, t))
				rc = emit(s, *r, t, t->dir);
		cond_resched();
	}
	return rc;
}

static int read_mms(struct snap *s, struct cnode *dir)
{
	const struct room *const *r;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		s->mms[i]->dir = numbered(s, dir, s->mms[i]->id);
		if (!s->mms[i]->dir)
			return -ENOMEM;
		for (r = rooms; *r && !rc; r++)
			if ((*r)->scope == PER_MM)
				rc = emit(s, *r, s->mms[i], s->mms[i]->dir);
	}
	return rc;
}

static int read_root(struct snap *s)
{
	const struct room *const *r;
	int rc = 0;

	for (r = rooms; *r && !rc; r++)
		if ((*r)->scope == PER_ROOT && (!s->live || *r == &res_root_header))
			rc = emit(s, *r, s, s->tree->root);
	return rc;
}

/* Obstacles are known when everything is read, but their file stands first. */
static int fill_unsupported(struct snap *s, struct cnode *n)
{
	size_t len;

	if (s->lost.w.len)
		text_bytes(&s->unsupported, s->lost.w.buf, s->lost.w.len);
	if (s->unsupported.failed || s->lost.failed)
		return -ENOMEM;
	/*
	 * Losses count as obstacles unless the mount says otherwise: gen.c asks for the length.
	 */
	n->text = text_take(&s->unsupported, &len);
	n->size = len;
	return 0;
}

static int read_tree(struct snap *s)
{
	struct cnode *root = s->tree->root, *obstacles, *tasks, *mms;
	int rc = read_root(s);

	if (rc || s->live)
		return rc;
	obstacles = tree_text(s->tree, root, CRFS_UNSUPPORTED, NULL, 0);
	tasks = tree_dir(s->tree, root, CRFS_TASKS);
	mms = tree_dir(s->tree, root, CRFS_MMS);
	if (!obstacles || !tasks || !mms || !tree_dir(s->tree, root, CRFS_FILES) ||
	    !tree_dir(s->tree, root, CRFS_INODES) || !tree_dir(s->tree, root, CRFS_NS))
		return -ENOMEM;
	rc = ns_emit(s);
	if (!rc)
		rc = read_tasks(s, tasks);
	if (!rc)
		rc = read_mms(s, mms);
	if (!rc)
		rc = ipc_list(s);
	if (!rc)
		rc = files_emit(s);
	return rc ? rc : fill_unsupported(s, obstacles);
}

/* snap_take() - all that is to be said, into s->tree. Return: 0, or an error and s->why */
int snap_take(struct snap *s)
{
	int rc = s->live ? 0 : tasks_list(s);

	s->ns_end = &s->ns;
	if (!rc && !s->live)
		rc = tasks_frozen(s);
	if (!rc && !s->live)
		rc = s->mi->vforks_wait ? -EAGAIN : 0;
	if (!rc && !s->live)
		rc = uring_settle(s);
	if (!rc && !s->live)
		rc = tasks_share(s);
	if (!rc && !s->live)
		rc = sock_nets_begin(s);
	if (!rc && !s->live)
		leaks_tasks(s);
	if (!rc)
		rc = read_tree(s);
	free_kept(s);
	files_put(s);
	ns_roots_put(s);
	sock_nets_end(s);
	return !rc && s->nomem ? -ENOMEM : rc;
}

void snap_free(struct snap *s)
{
	struct chunk *c, *next;
	size_t i;

	for (i = 0; i < s->nr_inodes; i++)
		if (s->inodes[i]->file)
			fput(s->inodes[i]->file);
	tasks_put(s);
	text_free(&s->unsupported);
	text_free(&s->lost);
	for (c = s->pool; c; c = next) {
		next = c->next;
		kvfree(c);
	}
	s->pool = NULL;
}
