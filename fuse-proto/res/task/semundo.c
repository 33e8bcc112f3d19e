// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel adds to semaphores when a process ends: semop(2) with SEM_UNDO.
 *
 * No call tells it, but it has a range, -32768 to 32767, and a semop(2) that would leave it fails with
 * ERANGE. So the process itself is asked, with calls that can never succeed: first the entry is moved
 * towards the end of the range, by taking from the semaphore with SEM_UNDO what was added to it
 * without; the last operation would block (EAGAIN). All operations of a call happen, or none
 * (ipc/sem.c, perform_atomic_semop_slow()). A few such calls find the number between.
 *
 * Who has no list at all, kcmp(2) tells (KCMP_SYSVSEM). Threads have it in common with their process.
 * Put back by such a call that does not block. An entry of 0, which asking may leave in a process that
 * has a list, adds nothing.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/inode/sysv_sem.h>
#include <crfs/res/task/semundo.h>

#include "proc.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "semundo.h"
#include "stop.h"

#define LOW (-32768)	/* -SEMAEM - 1 */
#define HIGH 32767	/* SEMAEM, and SEMVMX */
#define STEP 16383	/* can be added to every value, or taken from it */
#define OPS_MAX 8
#define TAPE 16384
#define PROBE (sizeof(struct tape_op) + (OPS_MAX + 1) * sizeof(struct sembuf) + 16)
#define PROBES (TAPE / PROBE - 4)

/** struct entry - a semaphore, and where what @task adds to it lies: from @low to @high */
struct entry {
	struct task *task;
	int id, low, high;
	unsigned int num, value;
};

/** struct entries - malloc'ed while asked for; then those that are not 0, noted with the first task */
struct entries {
	struct entry *v;
	size_t nr, size;
};

static const char key;

unsigned int semundo_ops(struct sembuf *op, unsigned int num, unsigned int value, int by)
{
	int left = by < 0 ? -by : by, d, n = 0;
	short undo, plain;

	for (; left; left -= d) {
		d = left < STEP ? left : STEP;
		/* What is taken with SEM_UNDO adds to the entry, and the reverse. */
		undo = by > 0 ? -d : d;
		plain = -undo;
		/* First up where there is room for it, else first down. */
		if ((value + d <= HIGH) == (plain > 0)) {
			op[n++] = (struct sembuf){ num, plain, IPC_NOWAIT };
			op[n++] = (struct sembuf){ num, undo, IPC_NOWAIT | SEM_UNDO };
		} else {
			op[n++] = (struct sembuf){ num, undo, IPC_NOWAIT | SEM_UNDO };
			op[n++] = (struct sembuf){ num, plain, IPC_NOWAIT };
		}
	}
	return n;
}

/* The next question about it: is it more than this? */
static int middle(const struct entry *e)
{
	if (e->low == LOW && e->high == HIGH)
		return 0;
	if (e->low == LOW && e->high == 0)
		return -1;
	return e->low + (e->high - e->low) / 2;
}

static void question(const struct entry *e, struct tape *t)
{
	struct sembuf op[OPS_MAX + 1];
	int mid = middle(e);
	unsigned int n = semundo_ops(op, e->num, e->value, mid >= 0 ? HIGH - mid : LOW - mid - 1);

	op[n++] = (struct sembuf){ e->num, -(int)e->value - 1, IPC_NOWAIT };
	tape_call(t, "semop", SYS_semop, e->id, tape_data(t, op, n * sizeof(*op)), n);
}

/* What is not for this task to change, or gone meanwhile, it has no entry of. */
static void answer(struct snap *s, struct entry *e, long ret)
{
	int mid = middle(e);
	bool more = mid >= 0 ? ret == -ERANGE : ret == -EAGAIN;

	if (ret == -E2BIG || ret == -ENOMEM || ret == -ENOSPC)
		snap_unsupported(s, ret, snap_obj(s, "tasks", e->task->vtid),
				 "cannot be asked for undo entries of semaphores (SEM_UNDO): raise the third number of kernel.sem above %d, or free memory",
				 OPS_MAX);
	if (ret != -ERANGE && ret != -EAGAIN)
		e->low = e->high = 0;
	else if (more)
		e->low = mid + 1;
	else
		e->high = mid;
}

static int ask_some(struct snap *s, struct entry **e, size_t n)
{
	struct task *t = e[0]->task;
	uint8_t *mem = calloc(1, TAPE);
	struct tape tape;
	size_t i;
	int rc;

	if (!mem)
		return fail(s->err, -ENOMEM, "a tape");
	tape_init(&tape, t->mm->place->data, mem, TAPE);
	for (i = 0; i < n; i++)
		question(e[i], &tape);
	rc = ask_again(s, t, &tape);
	for (i = 0; i < n && !rc; i++)
		answer(s, e[i], tape_at(&tape, i)->ret);
	tape_free(&tape);
	free(mem);
	return rc;
}

/* One question about each that is not known yet. Return: how many, or a negative errno */
static int ask_round(struct snap *s, struct entries *all)
{
	struct entry *some[PROBES];
	size_t i, n = 0;
	int rc = 0, asked = 0;

	for (i = 0; i < all->nr && !rc; i++) {
		struct entry *e = &all->v[i];

		if (n && (n == PROBES || some[0]->task != e->task)) {
			rc = ask_some(s, some, n);
			n = 0;
		}
		if (e->low < e->high)
			some[n++] = e, asked++;
	}
	if (n && !rc)
		rc = ask_some(s, some, n);
	return rc ?: asked;
}

static int add(struct entries *all, struct entry e)
{
	if (all->nr == all->size) {
		size_t size = all->size ? 2 * all->size : 64;
		struct entry *more = realloc(all->v, size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all->v = more;
		all->size = size;
	}
	all->v[all->nr++] = e;
	return 0;
}

static int add_set(struct entries *all, struct task *t, int id)
{
	struct semid_ds ds;
	unsigned short *value;
	union { struct semid_ds *buf; unsigned short *array; } arg = { .buf = &ds };
	size_t i;
	int rc = 0;

	if (semctl(id, 0, IPC_STAT, arg) < 0)
		return 0;
	arg.array = value = calloc(ds.sem_nsems + 1, sizeof(*value));
	if (!value)
		return -ENOMEM;
	if (semctl(id, 0, GETALL, arg) < 0)
		ds.sem_nsems = 0;
	for (i = 0; i < ds.sem_nsems && !rc; i++)
		rc = add(all, (struct entry){ t, id, LOW, HIGH, i, value[i] });
	free(value);
	return rc;
}

static bool same_list(pid_t a, pid_t b)
{
	return !syscall(SYS_kcmp, a, b, KCMP_SYSVSEM, 0, 0);
}

/* Has it a list, and is it the one to be asked for it? @none: who has no list */
static bool owns(struct task *t, pid_t none)
{
	return t->seized && t->mm && t->mm->place && !same_list(t->tid, none) &&
	       (t == t->leader || t->leader->zombie || !same_list(t->tid, t->leader->tid));
}

/* For one list, all semaphores that there are: any may be in it. @sets: /proc/sysvipc/sem */
static int add_sets(struct entries *all, struct task *t, const char *sets)
{
	const char *line;
	int id, rc = 0;

	for (line = strchr(sets, '\n'); line && !rc; line = strchr(line + 1, '\n'))
		if (sscanf(line, "%*d %d", &id) == 1)
			rc = add_set(all, t, id);
	return rc;
}

/* The sets of its own namespace */
static int collect_of(struct snap *s, struct entries *all, struct task *t)
{
	struct visit v;
	char *sets;
	int rc = visit_begin(s, t, "ipc", CLONE_NEWIPC, &v);

	if (rc)
		return fail(s->err, rc, "setns into the IPC namespace of tasks/%d", t->vtid);
	sets = proc_read(s->proc, NULL, "sysvipc/sem");
	/* Below the line of keys: is there any? */
	if (sets && strchr(sets, '\n') && strchr(sets, '\n')[1])
		rc = add_sets(all, t, sets);
	free(sets);
	return visit_end(&v) ?: rc;
}

static int collect(struct snap *s, struct entries *all)
{
	pid_t none = syscall(SYS_gettid);
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++)
		if (owns(&s->tasks[i], none))
			rc = collect_of(s, all, &s->tasks[i]);
	return rc;
}

static int by_task(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->num > y->num) - (x->num < y->num);
}

static void name_shared(struct snap *s, const struct entries *all)
{
	size_t i, k;

	for (i = 0; i < all->nr; i++) {
		struct task *t = all->v[i].task;

		if (i && all->v[i - 1].task == t)
			continue;
		for (k = 0; k < s->nr_tasks; k++)
			if (!s->tasks[k].zombie && s->tasks[k].leader != t->leader &&
			    same_list(t->tid, s->tasks[k].tid))
				break;
		if (k < s->nr_tasks)
			snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid),
					 "has undo entries of semaphores (SEM_UNDO) in common with tasks/%d: end one of them",
					 s->tasks[k].vtid);
		else if (t != t->leader)
			snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid),
					 "a thread with undo entries of semaphores (SEM_UNDO) of its own: let it release them");
	}
}

static void keep(struct snap *s, const struct entries *all)
{
	struct entries *e = pool_alloc(&s->scratch, sizeof(*e));
	size_t i;

	if (!e)
		return;
	e->v = pool_alloc(&s->scratch, (all->nr + 1) * sizeof(*e->v));
	for (i = 0; i < all->nr && e->v; i++)
		if (all->v[i].low)
			e->v[e->nr++] = all->v[i];
	snap_note(s, &s->tasks[0], &key, e);
	name_shared(s, e);
}

static int semundo_inquire(struct snap *s)
{
	struct entries all = { 0 };
	int rc;

	/* A thread of a process with several has a list; without it, it is like who has none. */
	if (access("/proc/sysvipc/sem", F_OK) || unshare(CLONE_SYSVSEM))
		return 0;
	rc = collect(s, &all);
	if (all.nr)
		qsort(all.v, all.nr, sizeof(*all.v), by_task);
	while (!rc) {
		rc = ask_round(s, &all);
		if (rc <= 0)
			break;
		rc = 0;
	}
	if (!rc)
		keep(s, &all);
	free(all.v);
	return rc;
}

pid_t semundo_has(struct snap *s, unsigned int ns, int id, unsigned int num)
{
	const struct entries *e = snap_noted(&s->tasks[0], &key);
	size_t i;

	for (i = 0; e && i < e->nr; i++)
		if (e->v[i].id == id && e->v[i].num == num && ns_id(s, e->v[i].task, "ipc") == ns)
			return e->v[i].task->leader->vtid;
	return 0;
}

static int semundo_read(struct snap *s, void *obj, struct text *out)
{
	const struct entries *e = snap_noted(&s->tasks[0], &key);
	struct task *t = obj;
	struct inode *n;
	size_t i, nr = 0;

	for (i = 0; e && i < e->nr; i++) {
		if (e->v[i].task != t)
			continue;
		n = sysv_inode(s, ns_id(s, t, "ipc"), SYSV_SEM, e->v[i].id, -1);
		if (!n)
			return -ENOMEM;
		if (!nr++)
			text_section(out, &crfs_semundo_shape);
		text_rec(out, &crfs_semundo_shape, &(struct crfs_semundo){
			n->id, e->v[i].num, e->v[i].low });
	}
	return 0;
}

static bool in_order(const struct crfs_semundo *r, size_t i)
{
	return !i || r[i - 1].inode != r[i].inode || r[i - 1].semaphore < r[i].semaphore;
}

static void semundo_check(struct image *im, struct iobj *o)
{
	const struct crfs_semundo *r;
	const struct iobj *set;
	size_t n, i, nr;

	r = image_recs(o, &res_task_semundo, 0, &n);
	for (i = 0; i < n; i++) {
		set = image_obj(im, IOBJ_INODE, r[i].inode);
		nr = 0;
		if (set && set->room == &res_inode_sysv_sem)
			image_recs(set, set->room, 1, &nr);
		if (r[i].semaphore >= nr || !in_order(r, i))
			image_mismatch(im, -EINVAL, o->path, "semundo: semaphore %u of inodes/%u: there is none, or it was named before",
				       r[i].semaphore, r[i].inode);
		else if (!r[i].adjust || r[i].adjust < LOW || r[i].adjust > HIGH)
			image_mismatch(im, -EINVAL, o->path, "semundo: adjust %d: it is %d to %d, and not 0",
				       r[i].adjust, LOW, HIGH);
	}
}

/* Before there are threads, which shall have it too, and before task and set agree on the last user. */
static int semundo_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_sysv_sem *set;
	const struct crfs_semaphore *sem;
	const struct crfs_semundo *r;
	struct sembuf op[OPS_MAX];
	unsigned int nr;
	size_t n, i, k;

	(void)rt;
	r = image_recs(o, &res_task_semundo, 0, &n);
	for (i = 0; i < n; i++) {
		const struct iobj *in = image_obj(rs->im, IOBJ_INODE, r[i].inode);

		set = image_rec(in, in->room, 0);
		sem = image_recs(in, in->room, 1, &k);
		nr = semundo_ops(op, r[i].semaphore, sem[r[i].semaphore].value, r[i].adjust);
		tape_call(t, "semop with SEM_UNDO", SYS_semop, set->perm.id,
			  tape_data(t, op, nr * sizeof(*op)), nr);
	}
	return 0;
}

const struct resource res_task_semundo = {
	.name = "semundo",
	.scope = PER_PROCESS,
	.shapes = (const struct crfs_shape *const[]){ &crfs_semundo_shape, NULL },
	.optional = true,
	.phase = PHASE_MM,
	.inquire = semundo_inquire,
	.read = semundo_read,
	.check = semundo_check,
	.put = semundo_put,
};
