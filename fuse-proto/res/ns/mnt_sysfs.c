// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which network a sysfs shows: that of who mounted it, as ip-netns(8) does for every program that it runs.
 *
 * Nothing tells it, but of one network there is one sysfs, so that who mounts it there gets the same device. It is
 * made again in the network of the first task in its mount namespace: another one is refused.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mnt.h"
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

bool mnt_other_net(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	struct task *t = first_in(s, n->ns->id);
	char dev[32] = "";
	struct visit v;
	struct stat st;
	int fd;

	if (!crfs_str_is(&m->c.fstype, "sysfs") || s->live || !t || visit_begin(s, t, "net", CLONE_NEWNET, &v))
		return false;
	fd = new_sysfs();
	if (fd >= 0 && !fstat(fd, &st))
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev));
	if (fd >= 0)
		close(fd);
	return visit_end(&v) || strcmp(dev, m->dev);
}
