// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cgroup namespace: which cgroup is its root; cgroup_namespaces(7).
 *
 * The root is where a task in it sees its own cgroup from: /proc/<tid>/cgroup is read from inside and
 * from where we are, and what both end with is what is below the root. It is that of whoever calls
 * unshare(2), so a child is moved into that cgroup for the call. That may be frozen: the child is held
 * at the entry of the call by ptrace, moved there, and let on, since a system call is finished before
 * the freezer gets hold of its caller. Lost: which cgroups of other hierarchies (v1) are its roots;
 * they are those of crfs, as the tasks' are.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/ns/cgroup.h>

#include "cgroup.h"
#include "ns.h"
#include "park.h"
#include "proc.h"
#include "rooms.h"
#include "user.h"
#include "visit.h"

static int cgroup_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_ns_cgroup c = { .root = { "/", 1 } };
	struct ns *n = obj;
	char name[32], *root;
	int rc = ns_cgroup_root(s, n->id, &root);
	size_t len = strlen(s->cg->inner);

	snprintf(name, sizeof(name), "ns/cgroup-%u", n->id);
	if (rc && rc != -ENOENT)
		return fail(s->err, rc, "the root of %s", name);
	if (rc)
		snap_unsupported(s, -EOPNOTSUPP, pool_strdup(&s->pool, name),
				 "no task in it is below its root: move one there");
	else if (strncmp(root, s->cg->inner, len) || (root[len] && root[len] != '/'))
		snap_unsupported(s, -EXDEV, pool_strdup(&s->pool, name),
				 "its root %s is not below the container's cgroup: checkpoint that one", root);
	else if (root[len])
		c.root = (struct crfs_str){ root + len, strlen(root + len) };
	text_section(out, &crfs_ns_cgroup_shape);
	text_rec(out, &crfs_ns_cgroup_shape, &c);
	return 0;
}

static void cgroup_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_cgroup *c = image_rec(o, &res_ns_cgroup, 0);

	if (c && !image_is_cgroup(c->root))
		image_mismatch(im, -EINVAL, o->path, "root: not a path below the cgroup: mend it, or copy the checkpoint again");
}

static void __attribute__((noreturn)) unshare_when_told(const struct restore *rs, const struct iobj *o, int gate)
{
	char c;

	if (!user_enter(rs, user_owner(rs->im, o->id)) && read(gate, &c, 1) == 1)
		syscall(SYS_unshare, CLONE_NEWCGROUP);
	for (;;)
		pause();
}

/* On to the next entry or exit of a system call. */
static int step(pid_t pid)
{
	struct park p;
	int rc;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0))
			return -errno;
		rc = park_wait(pid, &p);
	} while (!rc && p.kind != PARK_SYSCALL && p.kind != PARK_DEAD);
	return rc ?: p.kind == PARK_DEAD ? -ECHILD : 0;
}

static int to_unshare(pid_t pid, int gate)
{
	struct user_regs_struct regs = { .orig_rax = 0 };
	struct park p;
	int rc;

	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) ||
	    ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return -errno;
	rc = park_wait(pid, &p);
	if (!rc && write(gate, "", 1) != 1)
		rc = -errno;
	while (!rc && regs.orig_rax != SYS_unshare) {
		rc = step(pid);
		if (!rc && ptrace(PTRACE_GETREGS, pid, 0, &regs))
			rc = -errno;
	}
	return rc;
}

static int move(struct restore *rs, pid_t pid, const struct crfs_str *root)
{
	char *name = pool_printf(&rs->im->pool, ".%.*s/cgroup.procs", (int)root->len, root->p), text[16];
	int fd = name ? openat(rs->im->cg->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1, rc = 0;
	int n = snprintf(text, sizeof(text), "%d", pid);

	if (fd < 0 || write(fd, text, n) != n)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int open_made(struct restore *rs, struct iobj *o, pid_t pid, const struct crfs_str *root)
{
	struct user_regs_struct regs;
	int rc = move(rs, pid, root), fd;

	if (rc)
		return fail_on(rs->err, rc, o->path, "moving a process into cgroup %s%.*s: allow that",
			       rs->im->cg->path, (int)root->len, root->p);
	rc = step(pid);
	if (!rc && ptrace(PTRACE_GETREGS, pid, 0, &regs))
		rc = -errno;
	if (!rc)
		rc = (int)regs.rax;
	fd = rc ? rc : proc_open(rs->proc, O_RDONLY, "%d/ns/cgroup", pid);
	return fd < 0 ? fail_on(rs->err, fd, o->path, "unshare(CLONE_NEWCGROUP)") : fd;
}

static int cgroup_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_cgroup *c = image_rec(o, &res_ns_cgroup, 0);
	int gate[2], rc;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC))
		return fail_on(rs->err, -errno, o->path, "pipe2");
	pid = fork();
	if (!pid)
		unshare_when_told(rs, o, gate[0]);
	rc = pid < 0 ? -errno : to_unshare(pid, gate[1]);
	rc = rc ? fail_on(rs->err, rc, o->path, "a process to make it") : open_made(rs, o, pid, &c->root);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
	close(gate[0]);
	close(gate[1]);
	o->fd = rc < 0 ? -1 : rc;
	return rc < 0 ? rc : 0;
}

const struct resource res_ns_cgroup = {
	.name = "cgroup",
	.scope = PER_NS,
	.shapes = (const struct crfs_shape *const[]){ &crfs_ns_cgroup_shape, NULL },
	.read = cgroup_read,
	.check = cgroup_check,
	.make = cgroup_make,
};
