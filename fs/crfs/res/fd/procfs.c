// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and directories below /proc/<pid>. The number is one of the pid namespace that this proc was mounted
 * for; only where it is that of the tree is it carried.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/stat.h>

#include <crfs/res/fd/procfs.h>

#include "internal.h"

static const char deleted[] = " (deleted)";

/*
 * struct link - /proc/<pid>/<path>
 * @pid: of the process
 * @tid: of a thread, from the path, or 0
 * @path: below that
 * @len: of the path
 * @gone: a directory of a process that was there, whose number another may have by now
 */
struct link {
	unsigned long pid, tid;
	const char *path;
	size_t len;
	bool gone;
};

static bool parse(const char *s, struct link *l)
{
	const size_t tail = sizeof(deleted) - 1;
	size_t n = strlen(s);
	char *end;

	l->gone = n > tail && !strcmp(s + n - tail, deleted);
	n -= l->gone ? tail : 0;
	if (strncmp(s, "/proc/", 6) || !isdigit(s[6]))
		return false;
	l->pid = simple_strtoul(s + 6, &end, 10);
	if (end != s + n && *end != '/')
		return false;
	l->path = end + (*end == '/');
	l->len = s + n - l->path;
	l->tid = strncmp(l->path, "task/", 5) ? 0 : simple_strtoul(l->path + 5, NULL, 10);
	return true;
}

static bool procfs_match(const struct cfile *f)
{
	struct link l;

	return (S_ISREG(f->st.mode) || S_ISDIR(f->st.mode)) && !(f->flags & O_PATH) &&
	       parse(f->link, &l) && file_inode(f->file)->i_sb->s_magic == PROC_SUPER_MAGIC;
}

/* The task of the container that has @nr in @ns and in the tree; *@gone: nobody has it in @ns */
static bool its(struct snap *s, struct pid_namespace *ns, pid_t nr, bool *gone)
{
	struct pid *pid;
	bool found;

	rcu_read_lock();
	pid = find_pid_ns(nr, ns);
	*gone = !pid || !pid_task(pid, PIDTYPE_PID);
	found = !*gone && snap_vpid(s, pid) == nr;
	rcu_read_unlock();
	return found;
}

/* Return: is the process gone? */
static bool look(struct snap *s, struct cfile *f, const struct link *l)
{
	struct pid_namespace *ns = proc_pid_ns(file_inode(f->file)->i_sb);
	bool gone, thread_gone, there = its(s, ns, l->pid, &gone);

	if (there && l->tid)
		there = its(s, ns, l->tid, &thread_gone);
	gone = gone && ns->level == s->level;
	if (!gone && (!there || l->gone))
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "%s is of a task outside the container, or has another number in it: let the program close it",
				 f->link);
	return gone;
}

static int procfs_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct crfs_fd_procfs r = { .mode = f->st.mode & S_IFMT, .mnt_ns = f->task->ns[NS_MNT] };
	struct link l;

	if (!parse(f->link, &l))
		return -EIO;
	r.dead = look(s, f, &l);
	r.pid = l.pid;
	r.path = (struct crfs_str){ l.path, l.len };
	text_section(out, &crfs_fd_procfs_shape);
	text_rec(out, &crfs_fd_procfs_shape, &r);
	return 0;
}

const struct room res_fd_procfs = {
	.name = "procfs",
	.scope = PER_FILE,
	.match = procfs_match,
	.read = procfs_read,
};
