// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who a task is: pids, relatives, state, name, and what it shares with others.
 *
 * From /proc/<tid>/status and stat, and kcmp(2) (share.c). A session or process group whose leader
 * lives outside the container is a leak and refused; one whose leader is dead is carried.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <crfs/res/task/status.h>

#include "continued.h"
#include "hierarchies.h"
#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "status.h"

/*
 * The kernel prints the name of a thread to '\n', with '\n' and '\\' escaped (fs/proc/array.c). It may begin
 * with blanks, so it stands behind the one tab of its line, which is the first.
 */
static struct crfs_str comm(struct snap *s, const struct task *t)
{
	const char *p = strchr(t->status, '\t') + 1;
	size_t n = strcspn(p, "\n"), i, k = 0;
	char *out = pool_alloc(&s->pool, n + 1);

	if (!out)
		return (struct crfs_str){ "", 0 };
	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && p[i + 1] == 'n')
			out[k++] = '\n', i++;
		else if (p[i] == '\\' && p[i + 1] == '\\')
			out[k++] = '\\', i++;
		else
			out[k++] = p[i];
	}
	return (struct crfs_str){ out, k };
}

/* @key: NSpid, NSpgid or NSsid */
static int pid_list(struct snap *s, const struct task *t, const char *key, struct text *l)
{
	const char *p = snap_status(t, key);
	char *end;
	int level;

	for (level = 0; p; level++, p = end) {
		long pid = strtol(p, &end, 10);

		if (end == p || *end == '\n') {
			if (end != p && level >= s->level)
				text_list(l, pid);
			break;
		}
		if (level >= s->level)
			text_list(l, pid);
	}
	return text_failed(l) ? -ENOMEM : 0;
}

/* Not one that is dead, and only not waited for yet: it leads nobody any more. Its threads may outlive it (num_threads). */
static bool alive_outside(struct snap *s, pid_t pid)
{
	char *st = pid > 0 && !snap_task(s, pid) ? proc_read(s->proc, NULL, "%d/stat", pid) : NULL;
	const char *p = st ? strrchr(st, ')') : NULL;
	char state;
	int threads;
	bool alive = p && (sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d",
				  &state, &threads) != 2 || (state != 'Z' && state != 'X') || threads > 1);

	free(st);
	return alive;
}

static void name_leaks(struct snap *s, const struct task *t)
{
	const char *obj = snap_obj(s, "tasks", t->vtid);
	pid_t sid = snap_stat(t, 6), pgid = snap_stat(t, 5);

	/* In a pid namespace of its own a session from outside is 0, and is inherited again. */
	if (t != t->leader)
		return;
	if (t->vsid && alive_outside(s, sid))
		snap_unsupported(s, -EXDEV, obj,
				 "its session %d is led from outside: start the container with setsid(1)",
				 sid);
	else if (t->vpgid && alive_outside(s, pgid))
		snap_unsupported(s, -EXDEV, obj,
				 "its process group %d is led from outside: start the container with setsid(1)",
				 pgid);
}

/* The answer to whether @t's parent has yet to be told that it stopped: an op of the parent's tape. */
struct told {
	const struct tape *tape;
	unsigned int op;
	uint64_t info;
};

static const char key;

pid_t status_pid_seen_by(const struct task *t, const struct task *of)
{
	const char *a = snap_status(t, "NSpid"), *b = snap_status(of, "NSpid");
	char *ea, *eb;
	pid_t pid = 0;

	for (; a && b && *b != '\n'; a = ea, b = eb) {
		long n = strtol(a, &ea, 10);

		strtol(b, &eb, 10);
		if (ea == a || eb == b)
			break;
		pid = n;
	}
	return pid;
}

/* waitid(2) with WNOWAIT tells what a stop is that nobody has waited for yet, and leaves it so. */
static void status_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct told *told;
	size_t i;

	continued_ask(s, t, tape);
	for (i = 0; t->leader == t && i < s->nr_stopped; i++) {
		struct task *c = s->stopped[i];

		if (c->parent != t || c->leader != c)
			continue;
		told = pool_alloc(&s->scratch, sizeof(*told));
		if (!told)
			return;
		told->tape = tape;
		told->info = tape_data(tape, NULL, 128);
		told->op = tape->nr_ops;
		tape_call(tape, "waitid", SYS_waitid, P_PID, status_pid_seen_by(c, t), told->info,
			  WSTOPPED | WNOHANG | WNOWAIT | __WALL, 0);
		snap_note(s, c, &key, told);
	}
}

static __u32 untold_stop(const struct task *t)
{
	const struct told *told = snap_noted(t, &key);
	const siginfo_t *si;

	if (!told || tape_at(told->tape, told->op)->ret)
		return 0;
	si = tape_local(told->tape, told->info);
	return si->si_signo == SIGCHLD && si->si_code == CLD_STOPPED ? si->si_status : 0;
}

static void fill_state(struct crfs_task_status *c, const struct task *t)
{
	c->state = t->zombie ? CRFS_TASK_ZOMBIE : t->stopped ? CRFS_TASK_STOPPED : CRFS_TASK_ALIVE;
	c->exit_code = t->zombie ? (__u32)snap_stat(t, 52) : 0;
	c->exit_signal = t->leader == t ? (__u32)snap_stat(t, 38) : 0;
	c->stop_signal = t->leader != t ? 0 : t->stopped ? untold_stop(t) : continued(t) ? SIGCONT : 0;
}

/* The path below the container's cgroup, "/" for itself; a zombie's does not matter any more. */
static struct crfs_str cgroup_below(struct snap *s, const struct task *t)
{
	char *all = t->zombie || s->flat ? NULL : proc_read(s->proc, NULL, "%d/cgroup", t->tid);
	const char *key = s->cg->v1 ? "freezer:" : "0::", *p = all ? strstr(all, key) : NULL, *sub;
	size_t n = strlen(s->cg->inner), len;
	struct crfs_str path = { "/", 1 };

	if (p)
		p += strlen(key);
	len = p ? strcspn(p, "\n") : 0;
	if (len > n && !strncmp(p, s->cg->inner, n)) {
		sub = pool_strndup(&s->pool, p + n, len - n);
		if (sub)
			path = (struct crfs_str){ sub, len - n };
	}
	free(all);
	return path;
}

static int status_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct text pids = { 0 }, pgids = { 0 }, sids = { 0 };
	char *pers = t->zombie ? NULL : proc_read(s->proc, NULL, "%d/personality", t->tid);
	struct crfs_task_status c = {
		.tid = t->vtid,
		.tgid = t->vtgid,
		.ppid = t->vppid,
		.pgid = t->vpgid,
		.sid = t->vsid,
		.comm = comm(s, t),
		.cgroup = cgroup_below(s, t),
		.personality = pers ? strtoul(pers, NULL, 16) : 0,
		.mm = t->mm ? t->mm->id : 0,
		.files = t->files ? t->files->vtid : 0,
		.fs = t->fs ? t->fs->vtid : 0,
		.sighand = t->sighand ? t->sighand->vtid : 0,
	};

	free(pers);
	if (pid_list(s, t, "NSpid", &pids) || pid_list(s, t, "NSpgid", &pgids) || pid_list(s, t, "NSsid", &sids))
		return fail(s->err, -ENOMEM, "status");
	c.nspid = text_str(&pids);
	c.nspgid = text_str(&pgids);
	c.nssid = text_str(&sids);
	fill_state(&c, t);
	if (!t->zombie) {
		c.pid_ns = ns_id(s, t, "pid");
		c.mnt_ns = ns_id(s, t, "mnt");
		c.uts_ns = ns_id(s, t, "uts");
		c.ipc_ns = ns_id(s, t, "ipc");
		c.net_ns = ns_id(s, t, "net");
		c.cgroup_ns = ns_id(s, t, "cgroup");
		c.user_ns = ns_id(s, t, "user");
	}
	name_leaks(s, t);
	if (t->zombie && c.exit_code & WCOREFLAG)
		snap_lost(s, snap_obj(s, "tasks", t->vtid),
			  "that it dumped core, which who waits for it is told: wait for it first");
	hierarchies_name(s, t);
	text_section(out, &crfs_task_status_shape);
	text_rec(out, &crfs_task_status_shape, &c);
	text_free(&pids);
	text_free(&pgids);
	text_free(&sids);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_task_status_shape, NULL };

const struct resource res_task_status = {
	.name = "status",
	.scope = PER_THREAD,
	.shapes = shapes,
	.zombies = true,
	.phase = PHASE_SIGNALS,
	.ask = status_ask,
	.inquire = continued_inquire,
	.read = status_read,
	.put = status_put,
};
