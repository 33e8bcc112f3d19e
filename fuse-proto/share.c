// SPDX-License-Identifier: GPL-2.0-or-later
/* Who shares what: address spaces, descriptor tables, fs and signal handlers, by kcmp(2). */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tasks.h"

/* kcmp(2) orders kernel pointers: 0 equal, 1 less, 2 greater, else it failed. */
static int compare_tids(pid_t a, pid_t b, int type)
{
	long rc = syscall(SYS_kcmp, a, b, type, 0, 0);

	return rc == 1 ? -1 : rc == 2 ? 1 : rc == 0 ? 0 : a < b ? -1 : a > b;
}

static int compare(const struct task *a, const struct task *b, int type)
{
	return compare_tids(a->tid, b->tid, type);
}

static int by_type(const void *a, const void *b, void *type)
{
	return compare(*(struct task *const *)a, *(struct task *const *)b, *(int *)type);
}

static const char *shared_name(int type)
{
	return type == KCMP_VM ? "address space" : type == KCMP_FILES ? "descriptor table" :
	       type == KCMP_FS ? "cwd, root and umask" : "signal actions";
}

/* Whoever outside has one of these too; @odd is sorted. One that cannot be compared has gone. */
static void find_leaks(struct snap *s, struct task **odd, size_t n, int type)
{
	size_t i;

	for (i = 0; i < s->nr_outside; i++) {
		size_t lo = 0, hi = n, mid;
		int c;

		while (lo < hi) {
			mid = lo + (hi - lo) / 2;
			c = compare_tids(s->outside[i], odd[mid]->tid, type);
			if (!c && syscall(SYS_kcmp, s->outside[i], odd[mid]->tid, type, 0, 0) == 0) {
				snap_unsupported(s, -EXDEV, snap_obj(s, "tasks", odd[mid]->vtid),
						 "shares its %s with process %d outside the cgroup: end that, or move it in",
						 shared_name(type), s->outside[i]);
				break;
			}
			if (c < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
	}
}

/* CLONE_THREAD includes CLONE_SIGHAND, and that CLONE_VM, for life: clone(2). */
static bool with_leader(const struct task *t, int type)
{
	return type == KCMP_VM || type == KCMP_SIGHAND || !compare(t, t->leader, type);
}

/*
 * Sort the tasks into classes of those that share: t->same is one of the class, the same for all,
 * and t->same->first the one with the lowest tid. Threads mostly share with their leader, which
 * takes one comparison each; only leaders, and threads with something of their own, are sorted.
 */
static int classify(struct snap *s, int type)
{
	struct task **odd = calloc(s->nr_tasks, sizeof(*odd));
	size_t i, n = 0;

	if (!odd)
		return fail(s->err, -ENOMEM, "%zu tasks", s->nr_tasks);
	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		t->same = t->first = NULL;
		if (t->zombie)
			continue;
		if (t == t->leader || t->leader->zombie || !with_leader(t, type))
			odd[n++] = t;
	}
	qsort_r(odd, n, sizeof(*odd), by_type, &type);
	for (i = 0; i < n; i++)
		odd[i]->same = i && !compare(odd[i - 1], odd[i], type) ? odd[i - 1]->same : odd[i];
	if (!s->live)
		find_leaks(s, odd, n, type);
	free(odd);
	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		if (t->zombie)
			continue;
		if (!t->same)
			t->same = t->leader->same;
		if (!t->same->first)
			t->same->first = t;
	}
	return 0;
}

/* mms are numbered by first use, in the order of tids. */
static int number_mms(struct snap *s)
{
	size_t i;

	s->mms = pool_alloc(&s->pool, s->nr_tasks * sizeof(*s->mms));
	if (!s->mms)
		return fail(s->err, -ENOMEM, "%zu address spaces", s->nr_tasks);
	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		if (t->zombie)
			continue;
		if (t->same->first != t) {
			t->mm = t->same->first->mm;
			continue;
		}
		t->mm = pool_alloc(&s->pool, sizeof(*t->mm));
		if (!t->mm)
			return fail(s->err, -ENOMEM, "an address space");
		t->mm->task = t;
		s->mms[s->nr_mms++] = t->mm;
		t->mm->id = s->nr_mms;
	}
	for (i = s->nr_tasks; i-- > 0;) {
		struct task *t = &s->tasks[i];

		if (t->zombie)
			continue;
		t->mm_next = t->mm->tasks;
		t->mm->tasks = t;
	}
	return 0;
}

#define OWNERS(s, member)							\
	do {									\
		for (size_t i_ = 0; i_ < (s)->nr_tasks; i_++)			\
			if (!(s)->tasks[i_].zombie)				\
				(s)->tasks[i_].member = (s)->tasks[i_].same->first; \
	} while (0)

int tasks_share(struct snap *s)
{
	int rc = classify(s, KCMP_VM);

	if (!rc)
		rc = number_mms(s);
	if (!rc)
		rc = classify(s, KCMP_FILES);
	if (rc)
		return rc;
	OWNERS(s, files);
	rc = classify(s, KCMP_FS);
	if (rc)
		return rc;
	OWNERS(s, fs);
	rc = classify(s, KCMP_SIGHAND);
	if (rc)
		return rc;
	OWNERS(s, sighand);
	return 0;
}
