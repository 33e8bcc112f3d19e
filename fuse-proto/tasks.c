// SPDX-License-Identifier: GPL-2.0-or-later
/* Listing the container's tasks, and the pids that the tree gives them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"
#include "tasks.h"

const char *snap_status(const struct task *t, const char *key)
{
	size_t n = strlen(key);
	const char *p = t->status;

	while (p && *p) {
		if (!strncmp(p, key, n) && p[n] == ':')
			return p + n + 1 + strspn(p + n + 1, " \t");
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return NULL;
}

uint64_t snap_status_num(const struct task *t, const char *key, int base)
{
	const char *v = snap_status(t, key);

	return v ? strtoull(v, NULL, base) : 0;
}

/* The second field is the command in parentheses, which may hold anything: count from its end. */
long long snap_stat(const struct task *t, int n)
{
	const char *p = strrchr(t->stat, ')');

	for (; p && n > 2; n--) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? (*p == '-' ? strtoll(p, NULL, 10) : (long long)strtoull(p, NULL, 10)) : 0;
}

static int by_tid(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static int by_vtid(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return (x->vtid > y->vtid) - (x->vtid < y->vtid);
}

struct task *snap_task(const struct snap *s, pid_t tid)
{
	size_t i;

	/* s->by_tid is made once all are known; before that the array itself is in that order. */
	if (!s->by_tid) {
		struct task key = { .tid = tid };

		return bsearch(&key, s->tasks, s->nr_tasks, sizeof(key), by_tid);
	}
	for (size_t lo = 0, hi = s->nr_tasks; lo < hi;) {
		i = lo + (hi - lo) / 2;
		if (s->by_tid[i]->tid == tid)
			return s->by_tid[i];
		if (s->by_tid[i]->tid < tid)
			lo = i + 1;
		else
			hi = i;
	}
	return NULL;
}

pid_t snap_vpid(const struct snap *s, pid_t pid)
{
	struct task *t = snap_task(s, pid);

	return t ? t->vtid : 0;
}

/*
 * Read what /proc says of a task. In /proc/<tid>/stat stand the times of the whole process: the
 * kernel goes through all of its threads for that, so of a thread the other one is read.
 * Return: 0, -ESRCH if it is gone, -ENOMEM
 */
static int describe(struct snap *s, struct task *t, pid_t tid)
{
	t->tid = tid;
	t->status = proc_read(s->proc, NULL, "%d/status", tid);
	t->tgid = snap_status_num(t, "Tgid", 10);
	t->stat = t->tgid == tid ? proc_read(s->proc, NULL, "%d/stat", tid) :
				   proc_read(s->proc, NULL, "%d/task/%d/stat", t->tgid, tid);
	if (!t->status || !t->stat) {
		free(t->status);
		free(t->stat);
		return errno == ENOMEM ? -ENOMEM : -ESRCH;
	}
	t->zombie = *snap_status(t, "State") == 'Z' || *snap_status(t, "State") == 'X';
	t->stopped = *snap_status(t, "State") == 'T';
	return 0;
}

/*
 * The kernel's own threads in a process that uses io_uring are in its cgroup, and nobody can trace them. They come and go as
 * there is something to do; whether there is, res/inode/uring.c knows.
 */
#define FLAGS 9			/* in /proc/<tid>/stat, proc(5) */
#define PF_IO_WORKER 0x10	/* include/linux/sched.h */

struct list {
	struct task *v;
	size_t n, size;
};

static int add(struct snap *s, struct list *l, pid_t tid)
{
	struct task *more;
	int rc;

	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 64;
		more = realloc(l->v, l->size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		l->v = more;
	}
	memset(&l->v[l->n], 0, sizeof(*l->v));
	rc = describe(s, &l->v[l->n], tid);
	if (!rc && snap_stat(&l->v[l->n], FLAGS) & PF_IO_WORKER) {
		free(l->v[l->n].status);
		free(l->v[l->n].stat);
	} else if (!rc) {
		l->n++;
	}
	return rc;
}

/*
 * A zombie is in no list of its cgroup: it is found as a child of one that is, or, if it is the
 * leader of threads that live on, as their tgid.
 */
static int add_zombies(struct snap *s, struct list *l, size_t live)
{
	char *kids, *p, *end;
	size_t i;
	int rc = 0;

	for (i = 0; i < live && !rc; i++) {
		pid_t tid = l->v[i].tid, tgid = l->v[i].tgid, kid;
		struct task key = { .tid = tgid }, *known;

		if (tid != tgid && !bsearch(&key, l->v, live, sizeof(key), by_tid) &&
		    (i == 0 || l->v[i - 1].tgid != tgid))
			rc = add(s, l, tgid);
		kids = proc_read(s->proc, NULL, "%d/task/%d/children", tgid, tid);
		for (p = kids; p && *p && !rc; p = end) {
			kid = strtol(p, &end, 10);
			if (end == p)
				break;
			key.tid = kid;
			known = bsearch(&key, l->v, live, sizeof(key), by_tid);
			if (known) {
				known->made_by = tid;
				continue;
			}
			rc = add(s, l, kid);
			if (rc == -ESRCH || (!rc && !l->v[l->n - 1].zombie)) {
				/* A living child in another cgroup is not ours. */
				if (!rc) {
					free(l->v[l->n - 1].status);
					free(l->v[l->n - 1].stat);
					l->n--;
				}
				rc = 0;
			}
		}
		free(kids);
	}
	return rc;
}

/* Two threads of one dead leader both name it. */
static void drop_doubles(struct list *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		if (n && l->v[n - 1].tid == l->v[i].tid) {
			free(l->v[i].status);
			free(l->v[i].stat);
			continue;
		}
		l->v[n++] = l->v[i];
	}
	l->n = n;
}

/* The number at @level of a list such as NSpid; 0 if there are fewer. */
static pid_t level_pid(const struct task *t, const char *key, int level)
{
	const char *p = snap_status(t, key);
	char *end;
	pid_t pid = 0;

	for (; p && level >= 0; level--) {
		pid = strtol(p, &end, 10);
		if (end == p)
			return 0;
		for (p = end; *p == '\t' || *p == ' '; p++)
			;
	}
	return pid;
}

/*
 * Whose pids: the outermost level below ours at which every task has a pid and exactly one is the
 * init, or ours (crfs.txt, "Pids").
 */
static int pid_level(const struct snap *s)
{
	size_t i, inits;
	int level;

	for (level = 1;; level++) {
		for (i = inits = 0; i < s->nr_tasks; i++) {
			pid_t pid = level_pid(&s->tasks[i], "NSpid", level);

			if (!pid && !s->tasks[i].zombie)
				return 0;
			inits += pid == 1;
		}
		if (inits == 1)
			return level;
	}
}

static void relate(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		t->vtid = level_pid(t, "NSpid", s->level);
		t->vtgid = level_pid(t, "NStgid", s->level);
		t->vpgid = level_pid(t, "NSpgid", s->level);
		t->vsid = level_pid(t, "NSsid", s->level);
	}
	qsort(s->tasks, s->nr_tasks, sizeof(*s->tasks), by_vtid);
}

static int by_tid_p(const void *a, const void *b)
{
	return by_tid(*(struct task *const *)a, *(struct task *const *)b);
}

static int list_stopped(struct snap *s)
{
	size_t i;

	s->stopped = pool_alloc(&s->scratch, s->nr_tasks * sizeof(*s->stopped));
	for (i = 0; s->stopped && i < s->nr_tasks; i++)
		if (s->tasks[i].stopped)
			s->stopped[s->nr_stopped++] = &s->tasks[i];
	return s->stopped ? 0 : fail(s->err, -ENOMEM, "%zu tasks", s->nr_tasks);
}

static int index_tasks(struct snap *s)
{
	size_t i;

	s->by_tid = pool_alloc(&s->pool, s->nr_tasks * sizeof(*s->by_tid));
	if (!s->by_tid)
		return fail(s->err, -ENOMEM, "%zu tasks", s->nr_tasks);
	for (i = 0; i < s->nr_tasks; i++)
		s->by_tid[i] = &s->tasks[i];
	qsort(s->by_tid, s->nr_tasks, sizeof(*s->by_tid), by_tid_p);
	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];
		struct task *p = snap_task(s, snap_status_num(t, "PPid", 10));

		t->leader = snap_task(s, t->tgid);
		if (!t->leader)
			return fail(s->err, -ESTALE, "tasks/%d: its leader %d is not in the cgroup",
				    t->tid, t->tgid);
		t->parent = p ? snap_task(s, p->tgid) : NULL;
		t->vppid = t->parent ? t->parent->vtid : 0;
	}
	return 0;
}

/* In kernfs a directory has a link from itself, one from above, and one from each directory below. */
static bool no_cgroups_below(const struct cgroup *cg)
{
	struct stat st;

	return !fstat(cg->dir, &st) && st.st_nlink == 2;
}

int tasks_list(struct snap *s)
{
	struct list l = { 0 };
	size_t i, n, live;
	pid_t *tids;
	int rc = cgroup_tids(s->cg, &tids, &n, s->err);

	if (rc)
		return rc;
	for (i = 0; i < n; i++) {
		rc = add(s, &l, tids[i]);
		if (rc == -ENOMEM)
			break;
		if (rc && !s->live) {
			fail(s->err, -ESTALE, "tasks/%d: it went away while being read", tids[i]);
			break;
		}
		rc = 0;
	}
	free(tids);
	s->flat = no_cgroups_below(s->cg);
	qsort(l.v, l.n, sizeof(*l.v), by_tid);
	live = l.n;
	if (!rc)
		rc = add_zombies(s, &l, live);
	qsort(l.v, l.n, sizeof(*l.v), by_tid);
	drop_doubles(&l);
	s->tasks = l.v;
	s->nr_tasks = l.n;
	if (rc)
		return fail(s->err, rc, "listing the tasks of the cgroup");
	if (!l.n)
		return fail(s->err, -ESRCH, "the cgroup has no task");
	s->level = pid_level(s);
	relate(s);
	rc = index_tasks(s);
	return rc ?: list_stopped(s);
}
