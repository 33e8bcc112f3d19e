// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan's tasks: relatives, pids in each namespace, and what they share. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include <crfs/res/task/parent.h>

#include "rooms.h"
#include "spawn.h"

struct rtask *plan_task(const struct plan *p, unsigned int tid)
{
	size_t lo = 0, hi = p->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->tasks[mid].o->id == tid)
			return &p->tasks[mid];
		if (p->tasks[mid].o->id < tid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void plan_add(struct plan *p, struct rtask *maker, struct rtask *rt)
{
	struct rtask **first = maker ? &maker->birth->first : &p->first;
	struct rtask **last = maker ? &maker->birth->last : &p->last;

	rt->birth->maker = maker;
	if (*last)
		(*last)->birth->next = rt;
	else
		*first = rt;
	*last = rt;
}

/* From the top, so that it does not get into the way of pids that come in order. */
static unsigned int spare_pid(struct plan *p)
{
	unsigned int pid;

	if (!p->spare_pid) {
		int fd = proc_own(O_RDONLY, "sys/kernel/pid_max");
		FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

		if (!f || fscanf(f, "%u", &p->spare_pid) != 1)
			p->spare_pid = 32768;
		if (f)
			fclose(f);
	}
	for (pid = p->spare_pid - 1; pid > 300; pid--)
		if (!plan_task(p, pid) && kill(pid, 0) && errno == ESRCH)
			break;
	p->spare_pid = pid;
	return pid;
}

static unsigned int read_pids(struct crfs_str list, pid_t *pids, unsigned int max)
{
	unsigned int n = 0;
	__u64 pid;

	while (n < max && crfs_list_next(&list, &pid))
		pids[n++] = pid;
	return n;
}

bool plan_visible(struct crfs_str pids)
{
	__u64 pid;

	while (crfs_list_next(&pids, &pid))
		if (!pid)
			return false;
	return true;
}

struct rtask *plan_helper(struct plan *p, struct rtask *maker, struct crfs_str pids, unsigned int sid)
{
	struct rtask *h = pool_alloc(&p->im->pool, sizeof(*h));
	struct birth *b = pool_alloc(&p->im->pool, sizeof(*b));

	if (!h || !b) {
		image_mismatch(p->im, -ENOMEM, "tasks", "no memory to plan them: free some");
		return NULL;
	}
	h->helper = true;
	h->fd = -1;
	h->birth = b;
	b->stop = SPAWN_STOP;
	h->leader = h;
	h->parent = maker;
	b->level = maker ? maker->birth->level : p->level;
	if (!b->level)
		b->level = 1;	/* beside an init: cannot be, and is refused by whoever asks */
	b->given = read_pids(pids, b->pids, b->level);
	if (!b->given) {
		b->pids[0] = b->pids[b->level - 1] = spare_pid(p);
		b->given = 1;
	}
	b->sid = sid;
	b->flags = CLONE_VM;
	p->helpers++;
	if (maker)
		maker->birth->helpers = true;
	plan_add(p, maker, h);
	return h;
}

size_t plan_order(struct plan *p)
{
	struct rtask *rt;
	size_t i = 0, n = 0;

	for (rt = p->first; rt; rt = rt->birth->next)
		p->order[n++] = rt;
	for (; i < n; i++)
		for (rt = p->order[i]->birth->first; rt; rt = rt->birth->next)
			p->order[n++] = rt;
	p->nr_order = n;
	return n;
}

static void relate(struct plan *p, struct rtask *rt)
{
	const struct crfs_task_status *st = rt->birth->st;
	const struct crfs_parent *by;

	rt->leader = plan_task(p, st->tgid);
	rt->parent = st->ppid ? plan_task(p, st->ppid) : NULL;
	by = image_rec(rt->o, &res_task_parent, 0);
	rt->made_by = by && rt->parent && !rt->zombie ? plan_task(p, by->thread) : NULL;
	rt->mm = st->mm ? image_obj(p->im, IOBJ_MM, st->mm) : NULL;
	rt->files = plan_task(p, st->files);
	rt->fs = plan_task(p, st->fs);
	rt->sighand = plan_task(p, st->sighand);
	rt->birth->sid = st->sid ? st->sid : SPAWN_OUTSIDE;
	rt->birth->pgid = st->pgid ? st->pgid : SPAWN_OUTSIDE;
}

/* Children and threads in the order of their tids. */
static void link_up(struct plan *p)
{
	struct rtask *rt;
	size_t i;

	for (i = p->nr; i-- > 0;) {
		rt = &p->tasks[i];
		if (rt->leader != rt) {
			rt->next_thread = rt->leader->next_thread;
			rt->leader->next_thread = rt;
		} else if (rt->parent) {
			rt->next_sibling = rt->parent->first_child;
			rt->parent->first_child = rt;
		}
	}
}

/* A leader that has exited while its threads live: it has to hold for them what they share. */
static void lend_tables(struct plan *p, struct rtask *rt)
{
	struct rtask *t = rt->next_thread;

	while (t && t->zombie)
		t = t->next_thread;
	if (rt->zombie && !t && !rt->parent)
		image_mismatch(p->im, -EOPNOTSUPP, rt->o->path,
			       "a zombie whose parent is not in the container: copy the checkpoint again");
	if (!rt->zombie || !t)
		return;
	rt->mm = t->mm;
	rt->files = t->files;
	rt->fs = t->fs;
	rt->sighand = t->sighand;
}

static unsigned int own_level(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++)
		if (!p->tasks[i].zombie && !p->tasks[i].birth->st->pid_ns)
			return 1;
	return 0;
}

int plan_tasks(struct plan *p)
{
	struct image *im = p->im;
	struct birth *b;
	size_t i;

	p->nr = im->nr[IOBJ_TASK];
	p->tasks = pool_alloc(&im->pool, p->nr * sizeof(*p->tasks));
	b = pool_alloc(&im->pool, p->nr * sizeof(*b));
	/* At most one helper for each task's session and one for its group. */
	p->order = pool_alloc(&im->pool, 3 * p->nr * sizeof(*p->order));
	p->hosts = pool_alloc(&im->pool, p->nr * sizeof(*p->hosts));
	if (!p->tasks || !b || !p->order || !p->hosts) {
		image_mismatch(im, -ENOMEM, "tasks", "no memory to plan them: free some");
		return -ENOMEM;
	}
	for (i = 0; i < p->nr; i++) {
		struct rtask *rt = &p->tasks[i];

		rt->o = &im->objs[IOBJ_TASK][i];
		rt->fd = -1;
		rt->birth = &b[i];
		b[i].st = image_status(rt->o);
		b[i].stop = SPAWN_STOP;
		rt->zombie = b[i].st->state == CRFS_TASK_ZOMBIE;
		b[i].level = b[i].given = read_pids(b[i].st->nspid, b[i].pids, SPAWN_LEVELS);
	}
	for (i = 0; i < p->nr; i++)
		relate(p, &p->tasks[i]);
	link_up(p);
	for (i = 0; i < p->nr; i++)
		if (p->tasks[i].leader == &p->tasks[i])
			lend_tables(p, &p->tasks[i]);
	for (i = 0; i < p->nr; i++)
		if (p->tasks[i].files && p->tasks[i].files != &p->tasks[i])
			p->tasks[i].files->birth->shares = true;
	p->level = own_level(p);
	return 0;
}
