// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which network a sysfs shows: that of who mounted it, as ip-netns(8) does for every program that it runs; and
 * which queues an mqueue.
 *
 * Nothing tells it, but of one network there is one sysfs, so that who mounts it there gets the same device; so it is
 * with IPC namespaces. It is made again in that of the first task in its mount namespace: another one is refused.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mnt.h"
#include "res/inode/mqueue.h"
#include "visit.h"

static int new_sysfs(void)
{
	int fs = fsopen("sysfs", FSOPEN_CLOEXEC), fd = -1;

	if (fs >= 0 && !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (fs >= 0)
		close(fs);
	return fd;
}

static struct task *first_in(struct snap *s, unsigned int mnt)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie && ns_id(s, &s->tasks[i], "mnt") == mnt)
			return &s->tasks[i];
	return NULL;
}

/* Does @m show another one than @make does in the namespace @kind of the first task? */
static bool another(struct snap *s, const struct mntns *n, const struct crfs_mnt *m, const char *kind, int flag,
		    int (*make)(void))
{
	struct task *t = first_in(s, n->ns->id);
	char dev[32] = "";
	struct visit v;
	struct stat st;
	int fd;

	if (s->live || !t || visit_begin(s, t, kind, flag, &v))
		return false;
	fd = make();
	if (fd >= 0 && !fstat(fd, &st))
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev));
	if (fd >= 0)
		close(fd);
	return visit_end(&v) || strcmp(dev, m->dev);
}

bool mnt_other_net(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	return crfs_str_is(&m->c.fstype, "sysfs") && another(s, n, m, "net", CLONE_NEWNET, new_sysfs);
}

bool mnt_other_queues(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	return crfs_str_is(&m->c.fstype, "mqueue") && another(s, n, m, "ipc", CLONE_NEWIPC, mqueue_mount);
}
