// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files and directories below /proc/<pid>: opened again when the process is there again.
 *
 * From the link that /proc shows. The number in it is one of the pid namespace that this proc was
 * mounted for; only where that is the tree's is it carried, which the start time of the process
 * tells. For a process that is gone one is made, for a moment, that has its number. Files of proc
 * that belong to no process are regular files.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/fd/procfs.h>
#include <crfs/res/task/status.h>

#include "errand.h"
#include "fdroom.h"
#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"

#define GONE " (deleted)"

/**
 * struct link - /proc/<pid>/<path>
 * @path, @len: below that; @tid: of a thread, from the path, or 0
 * @gone: the kernel says so: a directory of a process that was there, which may have another by now
 */
struct link {
	unsigned long pid, tid;
	const char *path;
	size_t len;
	bool gone;
};

static bool parse(const char *s, struct link *l)
{
	const size_t tail = sizeof(GONE) - 1;
	size_t n = strlen(s);
	char *end;

	l->gone = n > tail && !strcmp(s + n - tail, GONE);
	n -= l->gone ? tail : 0;
	if (strncmp(s, "/proc/", 6) || !isdigit((unsigned char)s[6]))
		return false;
	l->pid = strtoul(s + 6, &end, 10);
	if (end != s + n && *end != '/')
		return false;
	l->path = end + (*end == '/');
	l->len = s + n - l->path;
	l->tid = strncmp(l->path, "task/", 5) ? 0 : strtoul(l->path + 5, NULL, 10);
	return true;
}

static bool procfs_match(const struct file *f)
{
	struct statfs fs;
	struct link l;

	return (S_ISREG(f->st.st_mode) || S_ISDIR(f->st.st_mode)) && !(f->flags & O_PATH) &&
	       parse(f->link, &l) && fstatfs(f->dup, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static struct task *by_vtid(struct snap *s, unsigned long vtid)
{
	size_t lo = 0, hi = s->nr_tasks;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if ((unsigned long)s->tasks[mid].vtid == vtid)
			return &s->tasks[mid];
		if ((unsigned long)s->tasks[mid].vtid < vtid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Is process @pid of the proc below @root this task? No two have begun at one time with one number. */
static bool same_task(int root, unsigned long pid, const struct task *t)
{
	char name[64], buf[4096];
	struct task other = { .stat = buf };
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "proc/%lu/stat", pid);
	fd = openat(root, name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return snap_stat(&other, 22) == snap_stat(t, 22);
}

/* Are the numbers of the proc below @root those of the tree? It shows us ours if they are ours. */
static bool same_numbers(struct snap *s, int root)
{
	char here[32], there[32];
	ssize_t n = readlinkat(s->proc, "self", here, sizeof(here));
	bool ours = n > 0 && readlinkat(root, "proc/self", there, sizeof(there)) == n &&
		    !memcmp(here, there, n);

	return ours == !s->level;
}

static bool is_gone(int root, unsigned long pid)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "proc/%lu", pid);
	return fstatat(root, name, &st, 0) < 0 && errno == ENOENT;
}

/* Return: is the process gone? */
static bool look(struct snap *s, const struct file *f, const struct link *l)
{
	struct task *t = by_vtid(s, l->pid);
	int root = snap_root(s, f->task);
	bool gone = !t && root >= 0 && same_numbers(s, root) && is_gone(root, l->pid);

	if (!gone && (!t || l->gone || root < 0 || !same_task(root, l->pid, t) || (l->tid && !by_vtid(s, l->tid))))
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s is of a task outside the container, or "
				 "has another number in it: let the program close it", f->link);
	if (root >= 0)
		close(root);
	return gone;
}

static int procfs_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_procfs r = { .mode = f->st.st_mode & S_IFMT };
	struct link l;

	if (!parse(f->link, &l))
		return fail_on(s->err, -EIO, file_obj(s, f), "%s", f->link);
	r.dead = !s->live && look(s, f, &l);
	r.pid = l.pid;
	r.path = (struct crfs_str){ l.path, l.len };
	r.mnt_ns = ns_id(s, f->task, "mnt");
	text_section(out, &crfs_fd_procfs_shape);
	text_rec(out, &crfs_fd_procfs_shape, &r);
	return 0;
}

static void procfs_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_procfs *r = image_rec(o, &res_fd_procfs, 0);
	const struct iobj *task = r ? image_obj(im, IOBJ_TASK, r->pid) : NULL;

	if (!r)
		return;
	if (r->dead > 1 || !r->pid || r->pid > 0x7fffffff || r->dead == !!task)
		image_mismatch(im, -EINVAL, o->path, "pid %u is %s", r->pid,
			       task ? "there, and not gone" : "not there");
	if (r->mode != S_IFREG && r->mode != S_IFDIR)
		image_mismatch(im, -EINVAL, o->path, "mode 0%o", r->mode);
	if (r->mnt_ns) {
		const struct iobj *n = image_obj(im, IOBJ_NS, r->mnt_ns);

		if (!n || n->room != &res_ns_mnt)
			image_mismatch(im, -EINVAL, o->path, "ns/mnt-%u is not there", r->mnt_ns);
	}
}

/* A process with this number, for as long as its files are opened. Return: its pid here */
static pid_t stand_in(struct restore *rs, unsigned int number)
{
	pid_t tid = number, pid, parent = getpid();
	struct clone_args args = { .set_tid = (uintptr_t)&tid, .set_tid_size = 1 };
	int rc = errand_enter(rs, true);

	pid = rc ? rc : syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent || !getppid())
			pause();
		_exit(0);
	}
	pid = rc ? rc : pid < 0 ? -errno : pid;
	rc = errand_enter(rs, false);
	return rc && pid > 0 ? rc : pid;
}

static int open_it(struct restore *rs, struct iobj *o, const struct crfs_fd_procfs *r)
{
	const char *p = pool_printf(&rs->im->pool, "/proc/%u%s%.*s", r->pid, r->path.len ? "/" : "",
				    r->path.len, r->path.p);
	struct crfs_str path = { p, p ? strlen(p) : 0 };

	return p ? place_open(rs, r->mnt_ns, &path, file_common(o)->flags) : -ENOMEM;
}

static int procfs_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_procfs *r = image_rec(o, &res_fd_procfs, 0);
	pid_t pid = r->dead ? stand_in(rs, r->pid) : 0;
	struct stat st;
	int fd;

	if (pid < 0)
		return fail_on(rs->err, pid, o->path, "a process with the number %u: is it taken?", r->pid);
	fd = open_it(rs, o, r);
	if (pid) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
	if (fd >= 0 && (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != r->mode)) {
		close(fd);
		fd = -ENOTDIR;
	}
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening /proc/%u/%.*s", r->pid, r->path.len,
			       r->path.p);
	return file_made(rs, o, fd);
}

const struct resource res_fd_procfs = {
	.name = "procfs",
	.scope = PER_FILE,
	.late = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_procfs_shape, NULL },
	.match = procfs_match,
	.read = procfs_read,
	.check = procfs_check,
	.make = procfs_make,
};
