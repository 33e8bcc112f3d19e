// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filesystems that a container has made for itself, made again.
 *
 * Which pid namespace a proc shows, which cgroup a mount of cgroup2, and of which directories an overlay is made, is
 * decided by who asks for it: that is a child, which shares the descriptors with us and ends at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/ns/pid.h>
#include <crfs/res/task/status.h>

#include "home.h"
#include "mnt.h"
#include "proc.h"
#include "rooms.h"
#include "user.h"

/* Ids are told as the first user namespace has them, and taken as those of where we are. */
static int inside(const struct image *im, unsigned int owner, const char *option, char **value, char buf[16])
{
	bool group = !strcmp(option, "gid");
	unsigned int id;

	if (!owner || (!group && strcmp(option, "uid")))
		return 0;
	if (!user_inside(im, owner, group, strtoul(*value, NULL, 10), &id))
		return -ERANGE;
	snprintf(buf, 16, "%u", id);
	*value = buf;
	return 0;
}

static int set_option(const struct image *im, unsigned int owner, int fs, char *option)
{
	char *value = strchr(option, '='), buf[16];
	int rc = 0;

	if (!strcmp(option, "seclabel"))	/* is told, and not taken */
		return 0;
	if (value) {
		*value++ = '\0';
		rc = inside(im, owner, option, &value, buf);
	}
	if (rc)
		return rc;
	return fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, option, value, 0) ? -errno : 0;
}

static int set_options(const struct image *im, unsigned int owner, int fs, const struct crfs_mount *c,
		       const char *source)
{
	char *rest = NULL, *w, *save = NULL;
	int rc;

	mounts_flags(&c->super, &rest);
	rc = !rest ? -ENOMEM : fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) ? -errno : 0;
	for (w = rest ? strtok_r(rest, ",", &save) : NULL; w && !rc; w = strtok_r(NULL, ",", &save))
		rc = set_option(im, owner, fs, w);
	free(rest);
	return rc;
}

static int new_fs(struct image *im, unsigned int owner, const struct crfs_mount *c)
{
	char *type = pool_strndup(&im->pool, c->fstype.p, c->fstype.len);
	char *source = pool_strndup(&im->pool, c->source.p, c->source.len);
	int fs = type && source ? fsopen(type, FSOPEN_CLOEXEC) : -1, rc, fd = -1;

	if (fs < 0)
		return type && source ? -errno : -ENOMEM;
	rc = set_options(im, owner, fs, c, source);
	if (!rc && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		rc = -errno;
	if (!rc) {
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
		rc = fd < 0 ? -errno : 0;
	}
	close(fs);
	return rc ?: fd;
}

/* Whose cgroup, network and IPC namespaces count: those of the first task in this mount namespace */
static unsigned int ns_of(const struct image *im, unsigned int mnt, int kind)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		st = image_status(&im->objs[IOBJ_TASK][i]);
		if (st->state != CRFS_TASK_ZOMBIE && st->mnt_ns == mnt)
			return home_id(st, kind);
	}
	return 0;
}

/* Does it show what namespace who mounts it is in? */
static bool shows_ours(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "cgroup2") || crfs_str_is(&c->fstype, "sysfs") || crfs_str_is(&c->fstype, "mqueue");
}

static int go_there(struct restore *rs, const struct mntplan *p, const struct crfs_mount *c)
{
	const struct iobj *pid = c->pid_ns ? image_obj(rs->im, IOBJ_NS, c->pid_ns) : NULL;
	const struct crfs_ns_pid *ns = pid ? image_rec(pid, &res_ns_pid, 0) : NULL;
	struct rtask *init = ns ? restore_task(rs, ns->init) : NULL;
	unsigned int owner = user_owner(rs->im, p->o->id);
	int rc = 0, fd = init ? proc_open(rs->proc, O_RDONLY, "%d/ns/pid", init->pid) : -1;

	if (init && fd < 0)
		return fd;
	/*
	 * Who mounts in a user namespace needs a mount namespace that belongs to it, and where a proc is to be
	 * seen whole already: a copy of the mounter's.
	 */
	if (owner)
		rc = home_enter(rs, HOME_MNT, 0) ?: user_enter_as_root(rs, owner);
	if (owner && !rc && unshare(CLONE_NEWNS))
		rc = -errno;
	if (!rc && crfs_str_is(&c->fstype, "cgroup2"))
		rc = home_enter(rs, HOME_CGROUP, ns_of(rs->im, p->o->id, HOME_CGROUP));
	if (!rc && crfs_str_is(&c->fstype, "sysfs"))
		rc = home_enter(rs, HOME_NET, ns_of(rs->im, p->o->id, HOME_NET));
	if (!rc && crfs_str_is(&c->fstype, "mqueue"))
		rc = home_enter(rs, HOME_IPC, ns_of(rs->im, p->o->id, HOME_IPC));
	if (!rc && mnt_layered(c) && (fchdir(p->root) || chroot(".")))
		rc = -errno;
	return rc ?: init && setns(fd, CLONE_NEWPID) ? -errno : 0;
}

/* clone(2) that shares the descriptors, so that what the child opens is ours */
static pid_t child(void)
{
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof(args));
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a child: its own children are in the pid namespace that it has gone to. Exits with the errno. */
static void __attribute__((noreturn)) make_there(struct restore *rs, const struct mntplan *p,
						 const struct crfs_mount *c, int *made)
{
	int rc = go_there(rs, p, c);
	pid_t pid;

	if (rc)
		_exit(-rc);
	pid = child();
	if (!pid) {
		rc = new_fs(rs->im, user_owner(rs->im, p->o->id), c);
		if (rc >= 0)
			*made = rc;
		_exit(rc < 0 ? -rc : 0);
	}
	_exit(pid < 0 ? errno : wait_for(pid));
}

/* Of one of which only a part is mounted: that part. It has to stand somewhere to be taken out of. */
static int part_of(int whole, const struct crfs_str *root)
{
	char path[4096], *slash;
	int at = -1, rc = 0;

	if (root->len >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, root->p, root->len);
	path[root->len] = '\0';
	for (slash = strchr(path + 1, '/'); !rc; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		rc = mkdirat(whole, path + 1, 0755) && errno != EEXIST ? -errno : 0;
		if (!slash)
			break;
		*slash = '/';
	}
	if (rc || move_mount(whole, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH))
		return rc ?: -errno;
	at = open_tree(whole, path + 1, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	rc = at < 0 ? -errno : 0;
	if (fchdir(whole) || umount2(".", MNT_DETACH))
		rc = rc ?: -errno;
	return rc ?: at;
}

/* In a child where that decides what it shows. */
static int new_elsewhere(struct restore *rs, const struct mntplan *p, const struct crfs_mount *c)
{
	int *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), rc;
	pid_t pid;

	if (made == MAP_FAILED)
		return -errno;
	pid = child();
	if (!pid)
		make_there(rs, p, c, made);
	rc = pid < 0 ? -errno : -wait_for(pid);
	rc = rc ?: *made;
	munmap(made, sizeof(*made));
	return rc;
}

int mnt_whole(struct restore *rs, struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	bool here = !c->pid_ns && (!user_owner(rs->im, p->o->id) || mnt_host_type(c)) && !mnt_layered(c) && !shows_ours(c);

	return crfs_mnt_nsfs(c) ? mnt_nsfs_new(rs, c) : here ? new_fs(rs->im, 0, c) : new_elsewhere(rs, p, c);
}

int mnt_new(struct restore *rs, struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	int fd = mnt_whole(rs, p, i), part;
	struct lent lent;

	if (fd >= 0 && c->root.len > 1 && !crfs_mnt_nsfs(c)) {
		user_lend(rs, user_owner(rs->im, p->o->id), &lent);
		part = part_of(fd, &c->root);
		user_return(&lent);
		close(fd);
		fd = part;
	}
	return fd < 0 ? fail_on(rs->err, fd, p->o->path, "mount %.*s: making a %.*s", (int)c->mountpoint.len,
				c->mountpoint.p, (int)c->fstype.len, c->fstype.p) : fd;
}
