// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queued signals with all they carry.
 *
 * Read by PTRACE_PEEKSIGINFO, which leaves them where they are. A signal that is pending with no
 * entry in the queue (the kernel had no memory for one) becomes what it would be delivered as:
 * SI_USER from nobody. The order of rows is by signal, since that is the order of delivery. Pids
 * in them are left alone: they are numbers of the receiver's own namespace.
 *
 * Sent again with rt_sigqueueinfo(2) and rt_tgsigqueueinfo(2), which let a task send itself
 * anything, even what says it comes from the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <crfs/res/task/status.h>

#include "ask.h"
#include "queue.h"
#include "timers.h"

#define CHUNK 32

static const char private_key, shared_key;

static const void *key_of(bool shared)
{
	return shared ? &shared_key : &private_key;
}

static int by_signal(const void *a, const void *b)
{
	const siginfo_t *x = a, *y = b;

	/* The same signal stays in its order: si_errno holds it meanwhile, see sort(). */
	return x->si_signo != y->si_signo ? x->si_signo - y->si_signo : x->si_errno - y->si_errno;
}

/* qsort(3) is not stable. */
static void sort(siginfo_t *info, size_t n)
{
	int *saved = malloc(n * sizeof(*saved));
	size_t i;

	if (!saved)
		return;
	for (i = 0; i < n; i++) {
		saved[i] = info[i].si_errno;
		info[i].si_errno = i;
	}
	qsort(info, n, sizeof(*info), by_signal);
	for (i = 0; i < n; i++)
		info[i].si_errno = saved[info[i].si_errno];
	free(saved);
}

/*
 * All of the queue as a malloc'ed array, with room for 64 more; no array if it is empty and nothing
 * is @said to be pending. Return: how many, or -errno
 */
static long peek(pid_t tid, bool shared, uint64_t said, siginfo_t **info)
{
	struct __ptrace_peeksiginfo_args args = {
		.flags = shared ? PTRACE_PEEKSIGINFO_SHARED : 0, .nr = CHUNK,
	};
	siginfo_t *more, buf[CHUNK];
	size_t n = 0;
	long got;

	*info = NULL;
	do {
		args.off = n;
		got = ptrace(PTRACE_PEEKSIGINFO, tid, &args, buf);
		if (got < 0)
			return -errno;
		if (!got && !said)
			break;
		more = realloc(*info, (n + CHUNK + 64) * sizeof(**info));
		if (!more)
			return -ENOMEM;
		*info = more;
		memset(more + n, 0, (CHUNK + 64) * sizeof(*more));
		memcpy(more + n, buf, got * sizeof(*buf));
		n += got;
	} while (got == CHUNK);
	return n;
}

static uint64_t bits_of(const siginfo_t *info, size_t n)
{
	uint64_t bits = 0;

	while (n--)
		bits |= 1ULL << (info[n].si_signo - 1);
	return bits;
}

void queue_ask(struct snap *s, struct task *t, bool shared)
{
	struct queue *q = pool_alloc(&s->scratch, sizeof(*q));
	uint64_t said = snap_status_num(t, shared ? "ShdPnd" : "SigPnd", 16);
	siginfo_t *info;
	long n = peek(t->tid, shared, said, &info);
	int sig;

	if (!q || n < 0) {
		snap_unsupported(s, q ? n : -ENOMEM, task_name(s, t),
				 "PTRACE_PEEKSIGINFO: its queued signals cannot be read");
		free(info);
		return;
	}
	q->pending = bits_of(info, n) | said;
	for (sig = 1; sig <= 64; sig++)	/* peek() leaves room for these */
		if (said >> (sig - 1) & 1 && !(bits_of(info, n) >> (sig - 1) & 1))
			info[n++].si_signo = sig;
	if (n > 1)
		sort(info, n);
	q->info = n ? pool_alloc(&s->scratch, n * sizeof(*info)) : NULL;
	if (q->info) {
		memcpy(q->info, info, n * sizeof(*info));
		q->nr = n;
	}
	free(info);
	snap_note(s, t, key_of(shared), q);
}

const struct queue *queue_of(const struct task *t, bool shared)
{
	return snap_noted(t, key_of(shared));
}

static int ascending(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

long queue_timers(const struct task *t, bool shared, int **ids)
{
	siginfo_t *info;
	long i, n = peek(t->tid, shared, 0, &info), nr = 0;
	int *v = n > 0 ? calloc(n, sizeof(*v)) : NULL;

	for (i = 0; i < n && v; i++)
		if (info[i].si_code == SI_TIMER)
			v[nr++] = info[i].si_timerid;
	if (n > 0)
		free(info);
	if (!nr) {
		free(v);
		return n > 0 && !v ? -ENOMEM : n < 0 ? n : 0;
	}
	qsort(v, nr, sizeof(*v), ascending);
	*ids = v;
	return nr;
}

size_t queue_emit(struct snap *s, struct task *t, bool shared, struct text *out)
{
	const struct queue *q = queue_of(t, shared);
	struct crfs_siginfo c;
	size_t i, rows = 0;

	text_section(out, &crfs_siginfo_shape);
	for (i = 0; q && i < q->nr; i++) {
		const siginfo_t *si = &q->info[i];

		if (si->si_signo == SIGKILL || si->si_signo == SIGSTOP)
			snap_unsupported(s, -EAGAIN, task_name(s, t),
					 "%s is on its way to it: thaw it for a moment",
					 si->si_signo == SIGKILL ? "SIGKILL" : "SIGSTOP");
		if (si->si_code == SI_TIMER && timers_has(t->leader, si->si_timerid))
			continue;
		c.signal = si->si_signo;
		c.code = si->si_code;
		memcpy(c.info, si, sizeof(c.info));
		text_rec(out, &crfs_siginfo_shape, &c);
		rows++;
	}
	return rows;
}

void queue_check(struct image *im, struct iobj *o, const struct resource *room, int section)
{
	size_t i, n;
	const struct crfs_siginfo *c = image_recs(o, room, section, &n);
	siginfo_t si;

	for (i = 0; i < n; i++) {
		memcpy(&si, c[i].info, sizeof(c[i].info));
		if (c[i].signal < 1 || c[i].signal > 64 || c[i].signal == SIGKILL ||
		    c[i].signal == SIGSTOP)
			image_mismatch(im, -EINVAL, o->path, "%s: signal %u cannot be queued",
				       room->name, c[i].signal);
		else if (si.si_signo != (int)c[i].signal || si.si_code != c[i].code)
			image_mismatch(im, -EINVAL, o->path,
				       "%s: info of signal %u says %d, code %d: make them agree",
				       room->name, c[i].signal, si.si_signo, si.si_code);
	}
}

pid_t pid_within(const struct iobj *o)
{
	const struct crfs_task_status *st = image_status(o);
	struct crfs_str list = st ? st->nspid : (struct crfs_str){ NULL, 0 };
	__u64 pid = st ? st->tid : 0;

	while (crfs_list_next(&list, &pid))
		;
	return pid;
}

void queue_put(struct rtask *rt, const struct resource *room, int section, struct tape *tape)
{
	pid_t tid = pid_within(rt->o), tgid = rt->leader ? pid_within(rt->leader->o) : tid;
	size_t i, n;
	const struct crfs_siginfo *c = image_recs(rt->o, room, section, &n);

	for (i = 0; i < n; i++) {
		uint64_t info = tape_data(tape, NULL, sizeof(siginfo_t));

		if (tape->full)
			return;
		memcpy(tape_local(tape, info), c[i].info, sizeof(c[i].info));
		if (room->scope == PER_PROCESS)
			tape_call(tape, "rt_sigqueueinfo", SYS_rt_sigqueueinfo, tgid, c[i].signal,
				  info);
		else
			tape_call(tape, "rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, tgid, tid,
				  c[i].signal, info);
	}
}
