// SPDX-License-Identifier: GPL-2.0-only
/* Leaks: what tasks outside the container have as well. */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

/* ---- shared tables ---- */

static const char *const shared_names[] = { "address space", "descriptor table",
					    "cwd, root and umask", "signal actions" };

struct table_leak {
	const void *p[4];
	pid_t pid;
	struct ctask *task;
	int what;
};

static void tables_of(struct task_struct *t, const void *p[4])
{
	p[0] = t->mm;
	p[1] = t->files;
	p[2] = t->fs;
	p[3] = rcu_access_pointer(t->sighand);
}

static bool is_owner(const struct ctask *t, int what)
{
	return !t->zombie && (what == 0 ? t->mm->task == t : what == 1 ? t->files == t :
			      what == 2 ? t->fs == t : t->sighand == t);
}

/* A process outside that shares @p[what] with @t; 0: none. Under rcu_read_lock(). */
static pid_t sharer(struct snap *s, const struct ctask *t, const void *p, int what)
{
	const void *q[4];
	struct task_struct *u;

	for_each_process(u) {
		if (u->flags & PF_KTHREAD || snap_task(s, u->group_leader))
			continue;
		tables_of(u, q);
		if (q[what] == p)
			return task_tgid_nr_ns(u, s->pid_ns);
	}
	return 0;
}

/* How many have it; 0: the task has let go of it, since it was killed. Under rcu_read_lock(). */
static long references(struct task_struct *t, int what)
{
	struct sighand_struct *sighand = rcu_dereference(t->sighand);
	long n = 0;

	task_lock(t);
	if (what == 0 && t->mm)
		n = atomic_read(&t->mm->mm_users);
	else if (what == 1 && t->files)
		n = atomic_read(&t->files->count);
	else if (what == 2 && t->fs)
		n = t->fs->users;
	else if (what == 3 && sighand)
		n = refcount_read(&sighand->count);
	task_unlock(t);
	return n;
}

static long users(const struct snap *s, const struct ctask *t, int what)
{
	const struct ctask *u;
	long n = 0;

	for (u = s->tasks; u < s->tasks + s->nr_tasks; u++)
		n += !u->zombie && (what == 0 ? u->mm->task == t : what == 1 ? u->files == t :
				    what == 2 ? u->fs == t : u->sighand == t);
	return n;
}

static void look_shared(struct snap *s, struct ctask *t, int what)
{
	const void *p[4];
	pid_t pid;

	/* Mostly the counts say that nobody else has it, which saves going through everybody. */
	if (!is_owner(t, what))
		return;
	rcu_read_lock();
	tables_of(t->task, p);
	pid = p[what] && references(t->task, what) > users(s, t, what) ?
	      sharer(s, t, p[what], what) : 0;
	rcu_read_unlock();
	if (pid)
		snap_unsupported(s, -EXDEV, task_obj(s, t),
				 "shares its %s with process %d outside the cgroup: end that, or move it in",
				 shared_names[what], pid);
}

void leaks_tasks(struct snap *s)
{
	size_t i;
	int what;

	for (what = 0; what < 4; what++)
		for (i = 0; i < s->nr_tasks; i++)
			if (!s->tasks[i].zombie)
				look_shared(s, &s->tasks[i], what);
}

/* ---- open files ---- */

/*
 * A description that is shared but has nothing in it that could be missed: no position that is
 * used, no state. Daemons inherit /dev/null and logs like this from whoever started them.
 */
static bool harmless(const struct cfile *f)
{
	return f->room == &res_fd_chardev || f->room == &res_fd_external || f->flags & O_PATH ||
	       (f->room == &res_fd_regular && f->flags & O_APPEND &&
		(f->flags & O_ACCMODE) == O_WRONLY);
}

/*
 * What outlives no checkpoint when somebody else has it: the thing itself, not the description.
 */
static bool shared_by_nature(const struct cfile *f)
{
	return S_ISFIFO(f->st.mode) || (S_ISCHR(f->st.mode) && MAJOR(f->st.rdev) >= 136 &&
					MAJOR(f->st.rdev) <= 143);
}

struct seen {
	struct snap *s;
	struct cfile **by_inode;
	size_t nr;
	struct cfile *found;
	unsigned int fd;
};

static int by_inode(const void *a, const void *b)
{
	const struct inode *x = file_inode((*(struct cfile *const *)a)->file);
	const struct inode *y = file_inode((*(struct cfile *const *)b)->file);

	return x < y ? -1 : x > y;
}

static struct cfile *same_inode(const struct seen *seen, const struct inode *inode)
{
	size_t lo = 0, hi = seen->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (file_inode(seen->by_inode[mid]->file) < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < seen->nr && file_inode(seen->by_inode[lo]->file) == inode ?
	       seen->by_inode[lo] : NULL;
}

/* Under the table's spinlock: nothing that sleeps. */
static int look_at(const void *data, struct file *file, unsigned int fd)
{
	struct seen *seen = (struct seen *)data;
	struct cfile *f = files_known(seen->s, file);

	if (!f && seen->nr)
		f = same_inode(seen, file_inode(file));
	if (!f || f->leak_named || harmless(f) || fd < seen->fd)
		return 0;
	seen->found = f;
	seen->fd = fd;
	return 1;
}

static void look_into(struct seen *seen, struct task_struct *t)
{
	struct snap *s = seen->s;

	seen->fd = 0;
	do {
		seen->found = NULL;
		task_lock(t);
		if (t->files)
			iterate_fd(t->files, seen->fd, look_at, seen);
		task_unlock(t);
		if (!seen->found)
			break;
		seen->found->leak_named = true;
		snap_unsupported(s, -EXDEV, file_obj(s, seen->found),
				 "%s is also open outside the container, as descriptor %u of pid %d: redirect it, or end that process",
				 seen->found->link, seen->fd, task_tgid_nr_ns(t, s->pid_ns));
	} while (++seen->fd);
}

size_t leaks_outside(struct snap *s, struct task_struct ***list)
{
	struct task_struct *p;
	size_t n = 0, size;

	rcu_read_lock();
	for_each_process(p)
		n++;
	rcu_read_unlock();
	size = n + 16;
	*list = snap_alloc(s, size * sizeof(**list));
	n = 0;
	rcu_read_lock();
	for_each_process(p) {
		if (!*list || n == size)
			break;
		if (p->flags & PF_KTHREAD || !p->mm || snap_task(s, p))
			continue;
		/*
		 * A crfs of user space that looks at the container has duplicates for a moment
		 * only.
		 */
		if (!strcmp(p->comm, "crfs"))
			continue;
		get_task_struct(p);
		(*list)[n++] = p;
	}
	rcu_read_unlock();
	return n;
}

void leaks_files(struct snap *s)
{
	struct seen seen = { .s = s };
	struct task_struct **list;
	size_t i, n;

	if (!s->nr_files)
		return;
	seen.by_inode = snap_alloc(s, s->nr_files * sizeof(*seen.by_inode));
	for (i = 0; seen.by_inode && i < s->nr_files; i++)
		if (shared_by_nature(s->files[i]))
			seen.by_inode[seen.nr++] = s->files[i];
	sort(seen.by_inode, seen.nr, sizeof(*seen.by_inode), by_inode, NULL);
	n = leaks_outside(s, &list);
	for (i = 0; i < n; i++) {
		look_into(&seen, list[i]);
		put_task_struct(list[i]);
		cond_resched();
	}
}
