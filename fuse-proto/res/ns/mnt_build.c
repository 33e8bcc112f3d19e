// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Building a mount namespace: each mount is made detached, and then moved to its place.
 *
 * Places are found from the namespace's root and never outside of it, through no symbolic link, and must
 * be in the mount that the saved one was mounted on. All are private until the last is there: mnt_group.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mnt.h"
#include "res/inode/tmpfs.h"
#include "rooms.h"
#include "user.h"

static int oops(struct restore *rs, const struct mntplan *p, size_t i, int rc, const char *what)
{
	const struct crfs_str *at = &p->c[i].mountpoint;

	return fail_on(rs->err, rc, p->o->path, "mount %.*s: %s", (int)at->len, at->p, what);
}

static int open_below(int root, const char *path, size_t len, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
					   resolve };
	char buf[4096];
	int fd;

	if (len >= sizeof(buf))
		return -ENAMETOOLONG;
	memcpy(buf, path, len);
	buf[len] = '\0';
	fd = syscall(SYS_openat2, root, len ? buf : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

int mnt_locate(const struct mntplan *p, size_t i)
{
	return open_below(p->root, p->c[i].mountpoint.p, p->c[i].mountpoint.len, 0);
}

static bool same_mount(int a, int b)
{
	struct statx x, y;

	return !statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) && !statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) &&
	       x.stx_mnt_id == y.stx_mnt_id;
}

int mnt_clone(int fd)
{
	int tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr private = { .propagation = MS_PRIVATE };

	if (tree >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH, &private, sizeof(private))) {
		close(tree);
		return -1;
	}
	return tree;
}

/* A mount of this one's filesystem has it for its own: while nothing is mounted below it, all of it can be seen. */
static int give_to(struct restore *rs, const struct mntplan *p, size_t i, struct mntplan *to, size_t k)
{
	const struct crfs_str *top = &p->c[i].root, *root = &to->c[k].root;
	size_t n = top->len == 1 ? 0 : top->len;
	int fd;

	if (root->len < n || memcmp(root->p, top->p, n))
		return oops(rs, to, k, -EINVAL, "its root is elsewhere");
	while (n < root->len && root->p[n] == '/')
		n++;
	fd = open_below(p->at[i], root->p + n, root->len - n, RESOLVE_NO_XDEV);
	if (fd < 0)
		return oops(rs, to, k, fd, "opening what it shows");
	to->src[k] = mnt_clone(fd);
	close(fd);
	return to->src[k] < 0 ? oops(rs, to, k, -errno, "open_tree") : 0;
}

static int give_away(struct restore *rs, const struct mntplan *p, size_t i)
{
	struct image *im = rs->im;
	size_t k, m;
	int rc = 0;

	for (k = 0; k < im->nr[IOBJ_NS] && !rc; k++) {
		struct mntplan *to = mntplan_of(im, im->objs[IOBJ_NS][k].id);

		for (m = 0; to && m < to->n && !rc; m++)
			if (to->c[m].of == p->c[i].id && to->c[m].of_ns == p->o->id && !crfs_mnt_gone(&to->c[m]))
				rc = give_to(rs, p, i, to, m);
	}
	return rc;
}

/* The flags of the mount itself, whatever those of its source are. */
static int set_flags(int fd, const struct crfs_str *options)
{
	unsigned long f = mounts_flags(options, NULL);
	struct mount_attr a = {
		.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			    MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | 0x200000 /* MOUNT_ATTR_NOSYMFOLLOW */,
		.attr_set = (f & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0) | (f & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0) |
			    (f & MS_NODEV ? MOUNT_ATTR_NODEV : 0) | (f & MS_NOEXEC ? MOUNT_ATTR_NOEXEC : 0) |
			    (f & MS_NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0) | (f & 256 ? 0x200000 : 0) |
			    (f & MS_NOATIME    ? MOUNT_ATTR_NOATIME :
			     f & MS_RELATIME ? MOUNT_ATTR_RELATIME :
						 MOUNT_ATTR_STRICTATIME),
	};

	return mount_setattr(fd, "", AT_EMPTY_PATH, &a, sizeof(a)) ? -errno : 0;
}

/* Of a filesystem of its own, its super block's. It is filled by then. */
int mnt_set_super(int fd, const struct crfs_mount *c)
{
	int fs, rc = 0;

	if (!(mounts_flags(&c->super, NULL) & MS_RDONLY))
		return 0;
	fs = fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) ||
	    fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		rc = -errno;
	if (fs >= 0)
		close(fs);
	return rc;
}

/* What is in a tmpfs comes before anything is mounted in it. */
static int fill(struct restore *rs, struct mntplan *p, size_t i, int fd)
{
	int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct lent lent;

	if (dir < 0)
		return oops(rs, p, i, -errno, "opening it");
	user_lend(rs, user_owner(rs->im, p->o->id), &lent);
	rc = tmpfs_fill(rs, dir, p->o->id, &p->c[i].mountpoint);
	user_return(&lent);
	close(dir);
	return rc;
}

/* The root of the namespace comes onto that of the old one, which is left behind by pivot_root(2). */
static int put_there(struct restore *rs, struct mntplan *p, size_t i)
{
	int to = i ? mnt_locate(p, i) : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (to < 0)
		return oops(rs, p, i, i ? to : -errno, "opening its place");
	if (i && !same_mount(to, p->at[p->c[i].parent - 1]))
		rc = oops(rs, p, i, -EXDEV, "its place is not in the mount that it was on");
	else if (move_mount(p->src[i], "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		rc = oops(rs, p, i, -errno, "move_mount");
	close(to);
	return rc;
}

static int make_mount(struct restore *rs, struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	bool fresh = p->src[i] < 0;
	int rc = 0;

	if (fresh && c->of)
		return oops(rs, p, i, -EINVAL, "what it shows is not there");
	if (fresh)
		p->src[i] = mnt_new(rs, p, i);
	if (p->src[i] < 0)
		return p->src[i];
	if (fresh && mnt_has_content(c))
		rc = fill(rs, p, i, p->src[i]);
	if (!rc)
		rc = put_there(rs, p, i);
	if (!rc && fresh)
		rc = mnt_give_gone(rs, p, i);
	if (!rc && fresh && !mnt_has_gone(p, i) && (rc = mnt_set_super(p->src[i], c)))
		rc = oops(rs, p, i, rc, "making it read-only");
	if (!rc && set_flags(p->src[i], &c->options))
		rc = oops(rs, p, i, -errno, "mount_setattr");
	p->at[i] = p->src[i];
	return rc ?: give_away(rs, p, i);
}

static int keep_mount(struct restore *rs, struct mntplan *p, size_t i)
{
	const struct crfs_str *now = &p->cur.v[p->match[i]].c.options;

	p->at[i] = i ? mnt_locate(p, i) : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->at[i] < 0)
		return oops(rs, p, i, p->at[i], "opening it");
	if (mounts_flags(now, NULL) != mounts_flags(&p->c[i].options, NULL) && set_flags(p->at[i], &p->c[i].options))
		return oops(rs, p, i, -errno, "mount_setattr");
	return 0;
}

static int make_one(struct restore *rs, struct mntplan *p, size_t i)
{
	int rc = p->match[i] >= 0 ? keep_mount(rs, p, i) : make_mount(rs, p, i);

	if (!i && !rc)
		p->root = p->at[0];
	p->done[i] = !rc;
	return rc;
}

int mnt_build(struct restore *rs, struct mntplan *p, bool late)
{
	bool more = true;
	size_t i;
	int rc = 0;

	while (more && !rc)
		for (more = false, i = 0; i < p->n && !rc; i++)
			if (!p->done[i] && p->later[i] == late && mntplan_ready(rs->im, p, i)) {
				rc = make_one(rs, p, i);
				more = true;
			}
	for (i = 0; i < p->n && !rc; i++)
		if (!p->done[i] && p->later[i] == late)
			rc = oops(rs, p, i, -EINVAL, "it stands in a circle with others");
	return rc;
}
