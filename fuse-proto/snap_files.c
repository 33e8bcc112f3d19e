// SPDX-License-Identifier: GPL-2.0-or-later
/* Open file descriptions: who is who among descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fdroom.h"
#include "files_ask.h"
#include "proc.h"
#include "snap_files.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/**
 * struct entry - a description in a treap, ordered by what /proc says of it, then by kcmp
 * @eventfd: its number in the system; eventfds are told apart by it without a kcmp
 */
struct entry {
	struct file f;
	uint64_t eventfd;
	uint32_t prio;
	struct entry *left, *right;
};

/** struct slot - descriptor @fd of @task is @f */
struct slot {
	const struct task *task;
	int fd;
	struct file *f;
};

/**
 * struct filetab - what snap_file() keeps
 * @task: whose directories are open for @q, and whose pidfd is @pidfd
 * @own: a task that stands for ourselves
 * @ahead: asks for descriptors of @task, NULL: nobody does
 * @info, @flags: of the descriptor asked about last, its fdinfo, and its flags with O_CLOEXEC
 * @cap: room in s->files
 * @slots: every descriptor asked about; @sorted: how many of them stand in order
 * @seed: of the treap's priorities
 *
 * Descriptions and what is known of them stand in s->scratch: the tree is made from them at once.
 */
struct filetab {
	struct entry *root;
	const struct task *task;
	struct task *own;
	struct asking q;
	struct ahead *ahead;
	int pidfd;
	const char *info;
	unsigned int flags;
	size_t cap;
	struct slot *slots;
	size_t nr_slots, slots_cap, sorted;
	uint32_t seed;
	rlim_t keeps;	/* descriptors from this one on are not kept */
};

static void drop_task(struct filetab *tab)
{
	int *fd[] = { &tab->q.fds, &tab->q.infos, &tab->pidfd };
	size_t i;

	ahead_end(tab->ahead);
	tab->ahead = NULL;
	for (i = 0; i < 3; i++) {
		if (*fd[i] >= 0)
			close(*fd[i]);
		*fd[i] = -1;
	}
	tab->task = NULL;
}

static struct filetab *table(struct snap *s)
{
	struct filetab *tab = s->filetab;

	if (tab)
		return tab;
	tab = calloc(1, sizeof(*tab));
	if (!tab)
		return NULL;
	tab->pidfd = -1;
	tab->seed = 1;
	if (asking_begin(&tab->q)) {
		free(tab);
		return NULL;
	}
	return s->filetab = tab;
}

void files_free(struct snap *s)
{
	struct filetab *tab = s->filetab;
	size_t i;

	if (!tab)
		return;
	for (i = 0; i < s->nr_files; i++)
		if (s->files[i]->dup >= 0)
			close(s->files[i]->dup);
	drop_task(tab);
	free(tab->slots);
	asking_end(&tab->q);
	free(tab);
	s->filetab = NULL;
	s->files = NULL;
	s->nr_files = 0;
}

/* A pidfd answers for the table of the group's leader; a thread with one of its own needs its own.
 */
static int open_pidfd(const struct task *t)
{
	bool thread = t != t->leader && (t->leader->zombie || t->leader->files != t->files);
	int fd = syscall(SYS_pidfd_open, thread ? t->tid : t->leader->tid,
			 thread ? PIDFD_THREAD : 0);

	return fd < 0 ? -errno : fd;
}

static int use_task(struct snap *s, struct filetab *tab, const struct task *t)
{
	if (tab->task == t)
		return 0;
	drop_task(tab);
	tab->q.fds = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/task/%d/fd", t->tgid, t->tid);
	tab->q.infos = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/task/%d/fdinfo", t->tgid, t->tid);
	tab->pidfd = open_pidfd(t);
	if (tab->q.fds < 0 || tab->q.infos < 0 || tab->pidfd < 0) {
		int rc = tab->q.fds < 0 ? tab->q.fds : tab->q.infos < 0 ? tab->q.infos : tab->pidfd;

		drop_task(tab);
		return rc;
	}
	tab->task = t;
	return 0;
}

/* What /proc says of @e->f.fd; f.link and f.info are lent until the next one is filled. */
static int fill(struct filetab *tab, struct entry *e)
{
	struct file *f = &e->f;
	const struct told *t = tab->ahead ? ahead_told(tab->ahead, f->fd) : NULL;
	int rc = t ? t->rc : ask_fd(&tab->q, f->fd);
	uint64_t v;

	if (rc)
		return rc;
	f->st = t ? t->st : tab->q.st;
	f->link = t ? t->link : tab->q.link;
	f->info = tab->info = t ? t->info : tab->q.info;
	if (!file_info_num(f, "pos", 10, &f->pos) || !file_info_num(f, "flags", 8, &v))
		return -EIO;
	tab->flags = v;
	f->flags = v & ~O_CLOEXEC;
	/* Once it is open, how it was made is of no use, and no other open could say it again. */
	if ((f->flags & O_TMPFILE) == O_TMPFILE)
		f->flags &= ~O_TMPFILE;
	f->mnt_id = file_info_num(f, "mnt_id", 10, &v) ? (int)v : -1;
	if (!file_info_num(f, "eventfd-id", 10, &e->eventfd))
		e->eventfd = 0;
	return 0;
}

#define ORDER(x, y) do { if ((x) != (y)) return (x) < (y) ? -1 : 1; } while (0)

/* The same description answers the same to all these questions, so only equals ask the kernel. */
static int compare(const struct entry *a, const struct entry *b)
{
	long rc;
	int c;

	ORDER(a->f.st.st_ino, b->f.st.st_ino);
	ORDER(a->f.st.st_dev, b->f.st.st_dev);
	ORDER(a->f.pos, b->f.pos);
	ORDER(a->f.flags, b->f.flags);
	ORDER(a->f.mnt_id, b->f.mnt_id);
	c = strcmp(a->f.link, b->f.link);
	if (c)
		return c;
	if (a->eventfd || b->eventfd) {
		ORDER(a->eventfd, b->eventfd);
		/* two descriptions of one eventfd cannot be: nothing opens one again */
		return 0;
	}
	rc = syscall(SYS_kcmp, a->f.task->tid, b->f.task->tid, KCMP_FILE, a->f.fd, b->f.fd);
	return rc == 0 ? 0 : rc == 1 ? -1 : 1;
}

/* A new description: it gets the next id and strings of its own. */
static struct entry *keep(struct snap *s, struct filetab *tab, const struct entry *e)
{
	struct entry *n = pool_alloc(&s->scratch, sizeof(*n));

	if (!n)
		return NULL;
	if (s->nr_files == tab->cap) {
		size_t cap = tab->cap ? 2 * tab->cap : 64;
		struct file **files = pool_alloc(&s->scratch, cap * sizeof(*files));

		if (!files)
			return NULL;
		if (s->nr_files)
			memcpy(files, s->files, s->nr_files * sizeof(*files));
		s->files = files;
		tab->cap = cap;
	}
	*n = *e;
	n->f.link = pool_strdup(&s->scratch, e->f.link);
	n->f.info = pool_strdup(&s->scratch, e->f.info);
	if (!n->f.link || !n->f.info)
		return NULL;
	n->f.dup = -1;
	tab->seed = tab->seed * 1664525 + 1013904223;
	n->prio = tab->seed;
	s->files[s->nr_files++] = &n->f;
	n->f.id = s->nr_files;
	return n;
}

/* Treap insertion; expected depth is logarithmic whatever the order of arrival. */
static struct entry *insert(struct snap *s, struct entry *root, struct entry *e,
			    struct entry **found)
{
	struct entry *child;
	int c;

	if (!root)
		return *found = keep(s, s->filetab, e);
	c = compare(e, root);
	if (!c) {
		*found = root;
		return root;
	}
	child = insert(s, c < 0 ? root->left : root->right, e, found);
	if (!child)
		return *found ? root : NULL;
	if (c < 0)
		root->left = child;
	else
		root->right = child;
	if (child->prio <= root->prio)
		return root;
	if (c < 0) {
		root->left = child->right;
		child->right = root;
	} else {
		root->right = child->left;
		child->left = root;
	}
	return child;
}

static int note_slot(struct filetab *tab, const struct task *t, int fd, struct file *f)
{
	if (tab->nr_slots == tab->slots_cap) {
		size_t cap = tab->slots_cap ? 2 * tab->slots_cap : 64;
		struct slot *more = realloc(tab->slots, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		tab->slots = more;
		tab->slots_cap = cap;
	}
	tab->slots[tab->nr_slots++] = (struct slot){ t, fd, f };
	return 0;
}

static int by_slot(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	ORDER(x->task->tid, y->task->tid);
	ORDER(x->fd, y->fd);
	return 0;
}

struct file *files_at(struct snap *s, const struct task *t, int fd)
{
	struct filetab *tab = s->filetab;
	struct slot key = { .task = t, .fd = fd }, *found;

	if (!tab || !tab->nr_slots)
		return NULL;
	if (tab->sorted < tab->nr_slots)
		qsort(tab->slots, tab->nr_slots, sizeof(key), by_slot);
	tab->sorted = tab->nr_slots;
	found = bsearch(&key, tab->slots, tab->nr_slots, sizeof(key), by_slot);
	return found ? found->f : NULL;
}

void files_ahead(struct snap *s, const struct task *t, const int *fds, size_t n)
{
	struct filetab *tab = table(s);

	if (tab && !use_task(s, tab, t) && !tab->ahead)
		tab->ahead = ahead_begin(&tab->q, fds, n);
}

void files_ahead_end(struct snap *s)
{
	if (!s->filetab)
		return;
	ahead_end(s->filetab->ahead);
	s->filetab->ahead = NULL;
}

int snap_file(struct snap *s, struct task *t, int fd, struct file **f)
{
	struct filetab *tab = table(s);
	struct entry e = { .f = { .task = t, .fd = fd } }, *found = NULL, *root;
	int rc = tab ? use_task(s, tab, t) : -ENOMEM;

	if (!rc)
		rc = fill(tab, &e);
	if (rc)
		return rc;
	root = insert(s, tab->root, &e, &found);
	if (!found)
		return -ENOMEM;
	tab->root = root;
	*f = &found->f;
	return note_slot(tab, t, fd, &found->f);
}

/* Ourselves, in the namespaces of @carrier (its notes); found again while nothing else was asked. */
static struct task *ourselves(struct snap *s, struct filetab *tab, struct task *carrier)
{
	struct task *t;

	if (tab->own && tab->own->notes == carrier->notes)
		return tab->own;
	t = pool_alloc(&s->scratch, sizeof(*t));
	if (!t)
		return NULL;
	*t = *carrier;
	t->tid = t->tgid = getpid();
	t->leader = t->files = t;
	return tab->own = t;
}

int files_flight(struct snap *s, struct task *carrier, int fd, struct file **f)
{
	struct filetab *tab = table(s);
	struct task *t = tab ? ourselves(s, tab, carrier) : NULL;
	size_t before = s->nr_files;
	int rc = t ? snap_file(s, t, fd, f) : -ENOMEM;

	if (!rc && s->nr_files > before) {
		(*f)->flight = true;
		(*f)->carrier = carrier;
	}
	return rc;
}

struct file *files_find(struct snap *s, struct task *t, int fd)
{
	struct filetab *tab = table(s);
	struct entry e = { .f = { .task = t, .fd = fd } }, *n;
	int c;

	if (!tab || use_task(s, tab, t) || fill(tab, &e))
		return NULL;
	for (n = tab->root; n; n = c < 0 ? n->left : n->right) {
		c = compare(&e, n);
		if (!c)
			return &n->f;
	}
	return NULL;
}

void files_forget(struct snap *s, const struct task *t)
{
	if (s->filetab && s->filetab->task == t)
		drop_task(s->filetab);
}

int files_getfd(struct snap *s, struct task *t, int fd)
{
	struct filetab *tab = table(s);
	int rc = tab ? use_task(s, tab, t) : -ENOMEM;

	if (rc)
		return rc;
	rc = syscall(SYS_pidfd_getfd, tab->pidfd, fd, 0);
	return rc < 0 ? -errno : rc;
}

void files_keep(struct snap *s, struct file *f, int dup)
{
	struct filetab *tab = s->filetab;
	struct rlimit rl;

	if (!tab->keeps && !getrlimit(RLIMIT_NOFILE, &rl))
		tab->keeps = rl.rlim_cur / 2;
	if (f->dup >= 0 || (rlim_t)dup >= tab->keeps) {
		close(dup);
		return;
	}
	f->dup = dup;
}

const char *files_info(const struct snap *s, bool *cloexec)
{
	*cloexec = s->filetab->flags & O_CLOEXEC;
	return s->filetab->info;
}
