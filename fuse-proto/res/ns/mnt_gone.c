// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounts of what was deleted meanwhile in a filesystem of the container's own, as systemd-nspawn makes
 * them: over /proc/kmsg a FIFO without a name.
 *
 * What is mounted travels as the root of an inode/tmpfs of that mount. It is made where it was, shown, and
 * deleted when all mounts stand, since what has no name cannot be mounted (get_mountpoint(), fs/namespace.c).
 * Of several mounts of it the first does that, and the others are copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mnt.h"
#include "res/inode/tmpfs.h"
#include "user.h"

#define GONE "//deleted"

/**
 * struct gone - what is shown by a mount and was deleted
 * @root, @dir, @name: the filesystem, the directory in it, O_PATH, and what it was called
 * @was: the directory, before
 * @of: the saved mount of the filesystem
 */
struct gone {
	int root, dir;
	char *name;
	struct stat was;
	size_t of;
	struct gone *next;
};

static bool twins(const struct crfs_mount *a, const struct crfs_mount *b)
{
	return a->of == b->of && a->of_ns == b->of_ns && crfs_str_eq(&a->root, &b->root);
}

bool mnt_check_gone(const struct image *im, const struct iobj *o, const struct crfs_mount *c)
{
	const struct crfs_mount *x;
	const struct iobj *ns;
	size_t i, k, n;

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		ns = &im->objs[IOBJ_NS][i];
		if (strcmp(ns->room->name, o->room->name))
			continue;
		x = image_recs(ns, ns->room, 0, &n);
		for (k = 0; k < n; k++)
			if (twins(&x[k], c))
				return tmpfs_in(im, ns->id, &x[k].mountpoint);
	}
	return false;
}

/* O_PATH of the directory in which it was, and its name */
static int place(int root, const struct crfs_mount *of, const struct crfs_mount *c, char path[PATH_MAX], char **name)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	size_t from = of->root.len == 1 ? 0 : of->root.len, len = c->root.len - strlen(GONE);
	char *slash;
	int fd;

	if (len >= PATH_MAX || from >= len || memcmp(of->root.p, c->root.p, from) || c->root.p[from] != '/')
		return -EINVAL;
	memcpy(path, c->root.p + from + 1, len - from - 1);
	path[len - from - 1] = '\0';
	slash = strrchr(path, '/');
	*name = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	fd = syscall(SYS_openat2, root, slash ? path : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* By way of the mount itself: one that stands nowhere cannot be copied. */
static int show(int root, const struct crfs_mount *of, const struct crfs_mount *c)
{
	char path[PATH_MAX], *name;
	int dir = place(root, of, c, path, &name), fd, tree;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return -errno;
	tree = mnt_clone(fd);
	if (tree < 0)
		tree = -errno;
	close(fd);
	return tree;
}

/* By way of a mount of its own, which stays writable: O_RDONLY of its root */
static int own_root(int at)
{
	int tree = mnt_clone(at), fd = tree < 0 ? -1 : openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (tree >= 0)
		close(tree);
	return fd;
}

static int make(struct restore *rs, struct mntplan *p, size_t i, struct mntplan *to, size_t k)
{
	struct iobj *o = tmpfs_in(rs->im, to->o->id, &to->c[k].mountpoint);
	struct gone *g = pool_alloc(&rs->im->pool, sizeof(*g));
	char path[PATH_MAX], *name = NULL;
	struct lent lent;
	int rc;

	if (!o || !g)
		return o ? -ENOMEM : -EINVAL;
	g->root = own_root(p->src[i]);
	g->dir = g->root < 0 ? -errno : place(g->root, &p->c[i], &to->c[k], path, &name);
	if (g->dir < 0 || fstat(g->dir, &g->was))
		return g->dir < 0 ? g->dir : -errno;
	g->name = pool_strdup(&rs->im->pool, name);
	g->of = i;
	g->next = p->gone;
	user_lend(rs, user_owner(rs->im, p->o->id), &lent);
	rc = g->name ? tmpfs_make_root(rs, o, g->dir, name) : -ENOMEM;
	user_return(&lent);
	if (!rc)
		p->gone = g;
	to->src[k] = rc ?: show(p->src[i], &p->c[i], &to->c[k]);
	return to->src[k] < 0 ? to->src[k] : 0;
}

/* Has another mount of it been made already? */
static bool has_twin(struct image *im, const struct crfs_mount *c)
{
	size_t i, k;

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		struct mntplan *x = mntplan_of(im, im->objs[IOBJ_NS][i].id);

		for (k = 0; x && k < x->n; k++)
			if (twins(&x->c[k], c) && x->src[k] >= 0)
				return true;
	}
	return false;
}

int mnt_give_gone(struct restore *rs, struct mntplan *p, size_t i)
{
	struct image *im = rs->im;
	size_t k, m;
	int rc = 0;

	for (k = 0; k < im->nr[IOBJ_NS] && !rc; k++) {
		struct mntplan *to = mntplan_of(im, im->objs[IOBJ_NS][k].id);

		for (m = 0; to && m < to->n && !rc; m++) {
			if (to->c[m].of != p->c[i].id || to->c[m].of_ns != p->o->id || !crfs_mnt_gone(&to->c[m]))
				continue;
			/* It still has its name. A mount that stands nowhere yet can be copied from 6.15 on only. */
			if (!has_twin(im, &to->c[m]))
				rc = make(rs, p, i, to, m);
			else if ((to->src[m] = show(p->src[i], &p->c[i], &to->c[m])) < 0)
				rc = to->src[m];
			if (rc)
				fail_on(rs->err, rc, to->o->path, "mount %.*s: making what it shows, which was deleted",
					(int)to->c[m].mountpoint.len, to->c[m].mountpoint.p);
		}
	}
	return rc;
}

bool mnt_has_gone(const struct mntplan *p, size_t i)
{
	return p->gone && p->gone->of == i;
}

static int delete(const struct mntplan *p, const struct gone *g)
{
	struct timespec times[2] = { g->was.st_atim, g->was.st_mtim };
	struct stat st;
	int rc = 0;

	if (fstatat(g->dir, g->name, &st, AT_SYMLINK_NOFOLLOW) ||
	    unlinkat(g->dir, g->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) ||
	    utimensat(g->dir, ".", times, 0))	/* nobody has written to it meanwhile */
		rc = -errno;
	close(g->dir);
	if (!rc && (!g->next || g->next->of != g->of))
		rc = mnt_set_super(g->root, &p->c[g->of]);
	close(g->root);
	return rc;
}

int mnt_finish_gone(struct restore *rs)
{
	struct image *im = rs->im;
	struct gone *g;
	size_t k;
	int rc = 0;

	for (k = 0; k < im->nr[IOBJ_NS] && !rc; k++) {
		struct mntplan *p = mntplan_of(im, im->objs[IOBJ_NS][k].id);

		for (g = p ? p->gone : NULL; g && !rc; g = g->next) {
			rc = delete(p, g);
			if (rc)
				fail_on(rs->err, rc, p->o->path, "deleting %s again", g->name);
		}
	}
	return rc;
}
