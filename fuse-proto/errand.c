// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errands: socketpair(2), listen(2) and connect(2), by the one whom SO_PEERCRED shall name.
 *
 * The kernel keeps pid and credentials of whoever made the call. When files are made all tasks exist and are
 * stopped, still with the controller's ids, so each can be sent. It takes the effective ids and groups that
 * shall be seen, and puts the ids back; the rest of it follows on its tape.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/task/status.h>

#include "errand.h"
#include "proc.h"
#include "res/ns/user.h"
#include "resource.h"
#include "run.h"

/* A task is in the user namespace that it was born in. An id that this does not have is none that the call takes. */
static __u32 there(const struct restore *rs, __u32 id, bool group)
{
	return user_id_there(rs->im, user_birth(rs->im), group, id);
}

static uint64_t groups_data(struct restore *rs, struct tape *t, const struct maker *who, unsigned int *n)
{
	struct crfs_str list = who->groups;
	uint64_t at;
	gid_t *ids;
	__u64 g;

	for (*n = 0; crfs_list_next(&list, &g);)
		++*n;
	at = tape_data(t, NULL, *n * sizeof(*ids) + 1);
	if (t->full)
		return 0;
	ids = tape_local(t, at);
	for (list = who->groups; crfs_list_next(&list, &g);)
		*ids++ = there(rs, g, true);
	return at;
}

static void become(struct restore *rs, struct tape *t, const struct maker *who)
{
	unsigned int n;
	uint64_t at = groups_data(rs, t, who, &n);

	tape_call(t, "setgroups", SYS_setgroups, n, at);
	tape_call(t, "setresgid", SYS_setresgid, -1, there(rs, who->gid, true), -1);
	tape_call(t, "setresuid", SYS_setresuid, -1, there(rs, who->uid, false), -1);
}

static void be_root(struct restore *rs, struct tape *t)
{
	unsigned int ns = user_birth(rs->im);

	tape_call(t, "setresuid", SYS_setresuid, -1, ns ? there(rs, user_root(rs->im, ns, false), false) : 0, -1);
	tape_call(t, "setresgid", SYS_setresgid, -1, ns ? there(rs, user_root(rs->im, ns, true), true) : 0, -1);
}

/* The table is empty but for ctl_fd, so numbers are given from 0 on. */
static void add_fd(struct restore *rs, struct tape *t, int from, int *low)
{
	struct tape_op *op = tape_call(t, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, from, 0);

	op->want = WANT_EXACT;
	op->expect = (*low)++;
}

/* The descriptors that a job needs, before it is someone else's. */
static void add_fds(struct restore *rs, struct tape *t, const struct job *j, int *low)
{
	if (j->kind == JOB_PAIR)
		return;
	add_fd(rs, t, j->fd, low);
	if (j->file >= 0)
		add_fd(rs, t, j->file, low);
}

/* A socket's file is found through /proc, whatever its name is, and even if it has none any more. */
static socklen_t by_file(struct sockaddr_un *a, int fd)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) + 1 +
	       snprintf(a->sun_path, sizeof(a->sun_path), "self/fd/%d", fd);
}

static void add_job(struct tape *t, const struct job *j, int *at, uint64_t *pair)
{
	struct sockaddr_un a = j->addr;
	socklen_t len = j->len;
	int fd = *at;

	switch (j->kind) {
	case JOB_PAIR:
		*pair = tape_data(t, NULL, sizeof(j->pair));
		tape_call(t, "socketpair", SYS_socketpair, AF_UNIX, j->type, 0, *pair);
		return;
	case JOB_LISTEN:
		tape_call(t, "listen", SYS_listen, fd, j->backlog);
		break;
	case JOB_CONNECT:
		if (j->file >= 0)
			len = by_file(&a, fd + 1);
		tape_call(t, "connect", SYS_connect, fd, tape_data(t, &a, len), len);
		break;
	}
	*at += j->file >= 0 ? 2 : 1;
}

static int fetch(struct restore *rs, const struct rtask *rt, const char *path, struct tape *t,
		 struct job *jobs, size_t n, const uint64_t *pair)
{
	int pidfd = pidfd_open(rt->pid, 0), rc = 0, k;
	size_t i;

	if (pidfd < 0)
		return fail_on(rs->err, -errno, path, "pidfd_open");
	for (i = 0; i < n && !rc; i++) {
		const int *got = jobs[i].kind == JOB_PAIR ? tape_local(t, pair[i]) : NULL;

		for (k = 0; k < 2 && got && !rc; k++) {
			jobs[i].pair[k] = syscall(SYS_pidfd_getfd, pidfd, got[k], 0);
			if (jobs[i].pair[k] < 0)
				rc = fail_on(rs->err, -errno, path, "pidfd_getfd: raise the limit "
					     "of open files");
		}
	}
	close(pidfd);
	return rc;
}

static int by_task(struct restore *rs, struct rtask *rt, const struct maker *who, const char *path,
		   struct job *jobs, size_t n)
{
	struct run *r = (struct run *)((char *)rs - offsetof(struct run, rs));
	uint64_t pair[ERRAND_MAX];
	struct tape *t = tape_begin(rt);
	int low = 0, at = 1, rc;
	size_t i;

	tape_close_others(r, t);
	add_fd(rs, t, rs->proc, &low);
	tape_call(t, "fchdir", SYS_fchdir, 0);
	for (i = 0; i < n; i++)
		add_fds(rs, t, &jobs[i], &low);
	become(rs, t, who);
	for (i = 0; i < n; i++)
		add_job(t, &jobs[i], &at, &pair[i]);
	be_root(rs, t);
	rc = tape_finish(r, rt);
	if (!rc)
		rc = run_play(r, rt);
	return rc ?: fetch(rs, rt, path, t, jobs, n, pair);
}

/* 1 is the container's init. */
int errand_enter(struct restore *rs, bool tree)
{
	const struct rtask *init = restore_task(rs, 1);
	int fd, rc;

	if (!init)
		return 0;
	fd = proc_open(rs->proc, O_RDONLY, "%d/ns/pid", tree ? init->pid : getpid());
	rc = fd < 0 ? fd : setns(fd, CLONE_NEWPID) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* clone3(2) as fork(2), with a pid of our choice, and our descriptors. */
int errand_child(struct restore *rs, pid_t want, const char *path, int (*f)(void *), void *arg)
{
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD,
				   .set_tid = want ? (uintptr_t)&want : 0,
				   .set_tid_size = want ? 1 : 0 };
	int rc = want ? errand_enter(rs, true) : 0, status;
	pid_t pid = rc ? rc : syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(-f(arg));
	pid = !rc && pid < 0 ? -errno : pid;
	if (want && !rc)
		rc = errand_enter(rs, false);
	if (rc)
		return fail_on(rs->err, rc, path, "setns into the pid namespace");
	if (pid < 0)
		return fail_on(rs->err, pid, path, "a process with pid %d, which is dead: "
			       "is it taken?", want);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return fail_on(rs->err, -EIO, path, "a process with pid %d was ended", pid);
	return -WEXITSTATUS(status);
}

struct work {
	const struct maker *who;
	struct job *jobs;
	size_t n;
	int proc;
	gid_t *groups;
	unsigned int nr_groups;
};

static int do_job(struct job *j)
{
	int rc = -1;

	switch (j->kind) {
	case JOB_PAIR:
		rc = socketpair(AF_UNIX, j->type | SOCK_CLOEXEC, 0, j->pair);
		break;
	case JOB_LISTEN:
		rc = listen(j->fd, j->backlog);
		break;
	case JOB_CONNECT:
		if (j->file >= 0)
			j->len = by_file(&j->addr, j->file);
		rc = connect(j->fd, (const struct sockaddr *)&j->addr, j->len);
		break;
	}
	return rc < 0 ? -errno : 0;
}

static int do_jobs(void *arg)
{
	struct work *w = arg;
	size_t i;
	int rc = 0;

	/* The raw calls: libc's would ask threads that are not there. */
	if (fchdir(w->proc) < 0 || syscall(SYS_setgroups, w->nr_groups, w->groups) ||
	    syscall(SYS_setresgid, -1, w->who->gid, -1) || syscall(SYS_setresuid, -1, w->who->uid, -1))
		return -errno;
	for (i = 0; i < w->n && !rc; i++)
		rc = do_job(&w->jobs[i]);
	return rc;
}

/* What a pair is called comes back in memory that both have. */
static int by_child(struct restore *rs, const struct maker *who, const char *path, struct job *jobs,
		    size_t n)
{
	struct job *shared = mmap(NULL, n * sizeof(*jobs), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct crfs_str list = who->groups;
	struct work w = { .who = who, .jobs = shared, .n = n, .proc = rs->proc };
	__u64 g;
	int rc;

	w.groups = malloc((who->groups.len + 1) * sizeof(gid_t));
	if (shared == MAP_FAILED || !w.groups)
		return fail_on(rs->err, -ENOMEM, path, "sockets");
	while (crfs_list_next(&list, &g))
		w.groups[w.nr_groups++] = g;
	memcpy(shared, jobs, n * sizeof(*jobs));
	rc = errand_child(rs, who->pid, path, do_jobs, &w);
	memcpy(jobs, shared, n * sizeof(*jobs));
	munmap(shared, n * sizeof(*jobs));
	free(w.groups);
	return rc ? fail_on(rs->err, rc, path, "connecting it as pid %d", who->pid) : 0;
}

/* A number is also in use that a session or a process group has. */
static bool is_group(const struct image *im, pid_t pid)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		st = image_status(&im->objs[IOBJ_TASK][i]);
		if (st && ((pid_t)st->sid == pid || (pid_t)st->pgid == pid))
			return true;
	}
	return false;
}

/* Where the container has pids of its own nobody else has one of them. */
static bool taken(const struct image *im, pid_t pid)
{
	return pid > 0 && (is_group(im, pid) || (!image_obj(im, IOBJ_TASK, 1) &&
						 (kill(pid, 0) == 0 || errno != ESRCH)));
}

int errand(struct restore *rs, const struct maker *who, const char *path, struct job *jobs, size_t n)
{
	struct rtask *rt = who->pid ? restore_task(rs, who->pid) : NULL;
	struct maker any = *who;

	if (!rt && taken(rs->im, who->pid))	/* allowed by who mounts, errand_check() */
		any.pid = 0;
	return rt ? by_task(rs, rt, who, path, jobs, n) : by_child(rs, &any, path, jobs, n);
}

void errand_check(struct image *im, const char *path, pid_t pid)
{
	if (!im->opts->lossy && !image_obj(im, IOBJ_TASK, pid) && taken(im, pid))
		image_mismatch(im, -EEXIST, path, "pid %d, which made it and is dead, is taken: end "
			       "that process, let the file say 0 instead, or mount with -o lossy", pid);
}
