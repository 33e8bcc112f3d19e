// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sysctls of a pid namespace: how high pids go (kernel.pid_max, since Linux 6.14) and whether memfds may be run
 * (vm.memfd_noexec, 6.3). They are of whoever opens them, so a child of ours is born in the namespace, and ends; as is one in a
 * new namespace, to compare with: on an older kernel both see the machine's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/ns/pid.h>

#include "ns.h"
#include "pid_sysctl.h"
#include "proc.h"
#include "rooms.h"

#define NR 2
#define SYSCTLS 1	/* section */

static const struct { const char *name, *path; } sysctls[NR] = {
	{ "kernel.pid_max", "sys/kernel/pid_max" },
	{ "vm.memfd_noexec", "sys/vm/memfd_noexec" },
};

/** struct values - of all of them; empty: there is no such */
struct values {
	char v[NR][24];
};

static const char fresh_key;

/* In a process that is born in namespace @ns, -1: a new one. Return: what @f returns there, 0 to 127, or a negative errno */
static int in(int ns, int (*f)(void *arg), void *arg)
{
	int st = 0;
	pid_t pid = fork(), inner;

	if (!pid) {
		if (ns < 0 ? unshare(CLONE_NEWPID) : setns(ns, CLONE_NEWPID))
			_exit(128);
		inner = fork();
		if (!inner)
			_exit(f(arg));
		while (inner > 0 && waitpid(inner, &st, 0) < 0 && errno == EINTR)
			;
		_exit(inner > 0 && WIFEXITED(st) ? WEXITSTATUS(st) : 128);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(st) && WEXITSTATUS(st) < 128 ? WEXITSTATUS(st) : -EPERM;
}

static int tell(void *arg)
{
	struct values v = { 0 };
	int i, fd;
	ssize_t n;

	for (i = 0; i < NR; i++) {
		fd = proc_own(O_RDONLY, "%s", sysctls[i].path);
		n = fd < 0 ? 0 : read(fd, v.v[i], sizeof(v.v[i]) - 1);
		if (n > 0 && v.v[i][n - 1] == '\n')
			v.v[i][n - 1] = '\0';
	}
	return write(*(int *)arg, &v, sizeof(v)) != sizeof(v);
}

static int values_in(int ns, struct values *v)
{
	int ends[2], rc = pipe2(ends, O_CLOEXEC) ? -errno : 0;

	if (rc)
		return rc;
	rc = in(ns, tell, &ends[1]);
	close(ends[1]);
	if (!rc && read(ends[0], v, sizeof(*v)) != sizeof(*v))
		rc = -EIO;
	close(ends[0]);
	return rc;
}

static const struct values *fresh(struct snap *s)
{
	struct values *v = snap_noted(&s->tasks[0], &fresh_key);

	if (v)
		return v;
	v = pool_alloc(&s->scratch, sizeof(*v));
	if (!v || values_in(-1, v))
		return NULL;
	snap_note(s, &s->tasks[0], &fresh_key, v);
	return v;
}

void pid_sysctls_read(struct snap *s, const struct ns *n, struct text *out)
{
	int ns = s->live ? -1 : proc_open(s->proc, O_RDONLY, "%d/ns/pid", n->task->tid), i;
	const struct values *was = ns < 0 ? NULL : fresh(s);
	struct values is = { 0 };
	bool any = false;

	if (was && !values_in(ns, &is))
		for (i = 0; i < NR; i++) {
			struct crfs_ns_pid_sysctl r = { { sysctls[i].name, strlen(sysctls[i].name) },
							{ is.v[i], strlen(is.v[i]) } };

			if (!strcmp(is.v[i], was->v[i]))
				continue;
			if (!any)
				text_section(out, &crfs_ns_pid_sysctl_shape);
			any = true;
			text_rec(out, &crfs_ns_pid_sysctl_shape, &r);
		}
	if (ns >= 0)
		close(ns);
}

static int find(const struct crfs_str *name)
{
	int i;

	for (i = 0; i < NR; i++)
		if (name->len == strlen(sysctls[i].name) && !memcmp(name->p, sysctls[i].name, name->len))
			return i;
	return -1;
}

void pid_sysctls_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_ns_pid_sysctl *r = image_recs(o, &res_ns_pid, SYSCTLS, &n);

	for (i = 0; i < n; i++)
		if (find(&r[i].sysctl) < 0)
			image_mismatch(im, -EINVAL, o->path, "%.*s: not of a pid namespace", r[i].sysctl.len, r[i].sysctl.p);
		else if (!r[i].value.len || r[i].value.len > 10 || strspn(r[i].value.p, "0123456789") < r[i].value.len)
			image_mismatch(im, -EINVAL, o->path, "%.*s: %.*s is no number", r[i].sysctl.len, r[i].sysctl.p,
				       r[i].value.len, r[i].value.p);
}

static int put_one(void *arg)
{
	const struct crfs_ns_pid_sysctl *r = arg;
	int fd = proc_own(O_WRONLY, "%s", sysctls[find(&r->sysctl)].path);

	if (fd < 0)
		return -fd & 127;
	return write(fd, r->value.p, r->value.len) == (ssize_t)r->value.len ? 0 : errno & 127;
}

int pid_sysctls_put(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_pid *c = image_rec(o, &res_ns_pid, 0);
	size_t n, i;
	const struct crfs_ns_pid_sysctl *r = image_recs(o, &res_ns_pid, SYSCTLS, &n);
	const struct rtask *init = n ? restore_task(rs, c->init) : NULL;
	int ns, rc = 0;

	if (!n)
		return 0;
	ns = init ? proc_open(rs->proc, O_RDONLY, "%d/ns/pid", init->pid) : -ESRCH;
	if (ns < 0)
		return fail_on(rs->err, ns, o->path, "its first process");
	for (i = 0; i < n && !rc; i++) {
		rc = in(ns, put_one, (void *)&r[i]);
		if (rc)
			rc = fail_on(rs->err, rc > 0 ? -rc : rc, o->path, "setting %.*s to %.*s: does this kernel have it for each "
				     "pid namespace?", r[i].sysctl.len, r[i].sysctl.p, r[i].value.len, r[i].value.p);
	}
	close(ns);
	return rc;
}
