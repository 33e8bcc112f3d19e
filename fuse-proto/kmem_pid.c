// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's struct pid: what a process is called in which pid namespace, also when it is dead. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "kmem_pid.h"
#include "proc.h"

/** struct upid - include/linux/pid.h */
struct upid {
	int32_t nr;
	uint64_t ns;
};

int kmem_pid_number(struct kmem *k, uint64_t pid, unsigned int below, pid_t *nr, uint64_t *ns)
{
	struct upid u = { .nr = 0 };
	uint32_t ours, theirs;
	uint64_t me;
	int rc = kmem_get(k, kmem_task(k), K_TASK_PID, &me, sizeof(me));

	if (!rc)
		rc = kmem_get(k, me, K_PID_LEVEL, &ours, sizeof(ours));
	if (!rc)
		rc = kmem_get(k, pid, K_PID_LEVEL, &theirs, sizeof(theirs));
	if (!rc && k->at[K_PID_NUMBERS] < 0)
		rc = -EOPNOTSUPP;
	if (!rc && theirs >= ours + below)
		rc = kmem_read(k, pid + k->at[K_PID_NUMBERS] + (ours + below) * sizeof(u), &u, sizeof(u));
	if (rc)
		return rc;
	*nr = u.nr;
	*ns = u.ns;
	return 0;
}

/* Of a pidfd it is the file's own (before 6.9), or the inode's: which of the two, it is known by its number. */
int kmem_pid_find(struct kmem *k, pid_t nr, uint64_t *pid)
{
	uint64_t file, inode, ns, at[2] = { 0, 0 };
	int fd = pidfd_open(nr, 0), rc = fd < 0 ? -errno : kmem_file(k, fd, &file), i;
	pid_t is;

	if (!rc) {
		kmem_get(k, file, K_FILE_PRIVATE, &at[0], sizeof(at[0]));
		if (!kmem_get(k, file, K_FILE_INODE, &inode, sizeof(inode)))
			kmem_get(k, inode, K_INODE_PRIVATE, &at[1], sizeof(at[1]));
	}
	if (fd >= 0)
		close(fd);
	for (i = 0; i < 2 && !rc; i++)
		if (at[i] && !kmem_pid_number(k, at[i], 0, &is, &ns) && is == nr) {
			*pid = at[i];
			return 0;
		}
	return rc ? rc : -ESRCH;
}

/* From the inode of its directory in @proc, which has its struct pid, and that the first of its tasks. */
int kmem_task_find(struct kmem *k, int proc, pid_t tid, uint64_t *task)
{
	int fd = proc_open(proc, O_PATH | O_DIRECTORY, "%d", tid), rc;
	uint64_t at, pid, link;
	int32_t is = 0;

	if (fd < 0)
		return fd;
	rc = kmem_file(k, fd, &at);
	close(fd);
	if (!rc && (k->at[K_PROC_INODE] < 0 || k->at[K_TASK_LINKS] < 0))
		rc = -EOPNOTSUPP;
	if (!rc)
		rc = kmem_get(k, at, K_FILE_INODE, &at, sizeof(at));
	if (!rc)
		rc = kmem_get(k, at - k->at[K_PROC_INODE], K_PROC_PID, &pid, sizeof(pid));
	if (!rc)
		rc = kmem_get(k, pid, K_PID_TASKS, &link, sizeof(link));
	if (!rc)
		rc = kmem_get(k, link - k->at[K_TASK_LINKS], K_TASK_TID, &is, sizeof(is));
	if (rc)
		return rc;
	*task = link - k->at[K_TASK_LINKS];
	return 0;
}
