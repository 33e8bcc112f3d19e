// SPDX-License-Identifier: GPL-2.0-or-later
/* Where files are: paths inside the root of a mount namespace, found out and opened again. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fdroom.h"
#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "scout.h"

#define DELETED " (deleted)"

/* A task whose root is that of its mount namespace: not chrooted. */
static bool at_root(struct snap *s, const struct task *t)
{
	char *link = proc_link(s->proc, "%d/task/%d/root", t->tgid, t->tid);
	bool yes = link && !strcmp(link, "/");

	free(link);
	return yes;
}

static int root_of(struct snap *s, struct task *t, uint32_t ns)
{
	size_t i;

	if (!ns)
		return proc_open(s->proc, O_PATH | O_DIRECTORY, "self/root/");
	if (ns_id(s, t, "mnt") == ns && at_root(s, t))
		return proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/task/%d/root/", t->tgid,
				 t->tid);
	for (i = 0; i < s->nr_tasks; i++) {
		struct task *u = &s->tasks[i];

		if (!u->zombie && ns_id(s, u, "mnt") == ns && at_root(s, u))
			return proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/task/%d/root/",
					 u->tgid, u->tid);
	}
	t = scout(s, ns);
	return t ? proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/root/", t->tid) : -ENOENT;
}

int snap_root(struct snap *s, struct task *t)
{
	return root_of(s, t, ns_id(s, t, "mnt"));
}

unsigned int place_names(struct snap *s, const struct file *f, const struct place *p)
{
	int root = root_of(s, f->task, p->mnt_ns);
	char *path = root < 0 ? NULL : pool_printf(&s->scratch, "%.*s", p->path.len, p->path.p);
	unsigned int n = path ? place_names_beside(s, root, path, &f->st) : 0;

	if (root >= 0)
		close(root);
	return n;
}

static bool is_proc(const struct file *f)
{
	struct statfs fs;

	return f->dup >= 0 && fstatfs(f->dup, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Does @path lead to @f? In /proc inode numbers come and go. */
static bool leads_to(int root, const char *path, const struct file *f)
{
	struct stat st;

	if (*path != '/' || fstatat(root, path[1] ? path + 1 : ".", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_dev != f->st.st_dev)
		return false;
	return st.st_ino == f->st.st_ino || is_proc(f);
}

static struct crfs_str str(const char *p)
{
	return (struct crfs_str){ p, strlen(p) };
}

static bool ends_deleted(const char *path)
{
	size_t n = strlen(path), m = strlen(DELETED);

	return n > m && !strcmp(path + n - m, DELETED);
}

/* Is the directory that the name @path was in on the file system of @f? */
static bool same_fs(int root, const char *path, const struct file *f)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (slash - path >= PATH_MAX)
		return false;
	memcpy(dir, path, slash - path);
	dir[slash - path] = '\0';
	return fstatat(root, dir[0] && dir[1] ? dir + 1 : ".", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == f->st.st_dev;
}

/* Of these the count of links tells whether there is another name; of directories and devices it does not. */
static bool has_names(mode_t mode)
{
	return S_ISREG(mode) || S_ISSOCK(mode) || S_ISFIFO(mode);
}

static int place_in(struct snap *s, const struct file *f, uint32_t ns, struct place *p)
{
	int root = root_of(s, f->task, ns), rc = 1;
	char *path = pool_strdup(&s->pool, f->link), *other;

	p->mnt_ns = ns;
	if (root < 0 || !path) {
		if (root >= 0)
			close(root);
		return path ? 1 : -ENOMEM;
	}
	p->path = str(path);
	if (leads_to(root, path, f)) {
		rc = 0;
	} else if (ends_deleted(path)) {
		path[strlen(path) - strlen(DELETED)] = '\0';
		p->path = str(path);
		if (f->st.st_nlink && has_names(f->st.st_mode)) {
			other = place_other_name(s, root, path, &f->st);
			p->path = other ? str(other) : p->path;
			rc = !other;
		} else if (!ns || same_fs(root, path, f)) {
			p->gone = true;
			rc = 0;
		}
	}
	close(root);
	return rc;
}

/* What a task brought along when it went to another mount namespace, or was sent, is in one of the others. */
static int place_elsewhere(struct snap *s, const struct file *f, uint32_t own, struct place *p)
{
	uint32_t ns, last = own;
	size_t i;
	int rc = 1;

	for (i = 0; i < s->nr_tasks && rc == 1; i++) {
		ns = s->tasks[i].zombie ? 0 : ns_id(s, &s->tasks[i], "mnt");
		if (!ns || ns == own || ns == last)
			continue;
		last = ns;
		rc = place_in(s, f, ns, p);
	}
	return rc;
}

/*
 * A file of a task in the mounter's /proc, which has the mounter's pids: those of the tree are others
 * if the container has a pid namespace of its own, and so its path would lead elsewhere after a restore.
 */
static bool goes_by_other_pid(struct snap *s, const struct file *f)
{
	const char *p = f->link;
	const struct task *t;
	struct stat st;

	if (!is_proc(f) || fstat(s->proc, &st) < 0 || st.st_dev != f->st.st_dev)
		return false;
	while ((p = strchr(p, '/')) && (p[1] < '1' || p[1] > '9'))
		p++;
	t = p ? snap_task(s, atoi(p + 1)) : NULL;
	return t && t->vtid != t->tid;
}

/** struct placed - where a file was found, and that what is asked for next is often the same */
struct placed {
	const struct task *task;
	dev_t dev;
	ino_t ino;
	const char *link;
	struct place p;
};

static bool placed_there(const struct placed *l, const struct file *f, struct place *p)
{
	if (!l || l->task != f->task || l->ino != f->st.st_ino || l->dev != f->st.st_dev ||
	    strcmp(l->link, f->link))
		return false;
	*p = l->p;
	return true;
}

/* Without memory for it the next one is looked for anew. */
static void placed_set(struct snap *s, const struct file *f, const struct place *p)
{
	struct placed *l = s->placed ?: pool_alloc(&s->scratch, sizeof(*l));
	const char *link = l ? pool_strdup(&s->scratch, f->link) : NULL;

	s->placed = link ? l : NULL;
	if (link)
		*l = (struct placed){ f->task, f->st.st_dev, f->st.st_ino, link, *p };
}

int file_place(struct snap *s, const struct file *f, struct place *p)
{
	uint32_t ns = ns_id(s, f->task, "mnt");
	int rc;

	*p = (struct place){ .path = { f->link, strlen(f->link) } };
	if (*f->link != '/') {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s has no path", f->link);
		return 1;
	}
	if (placed_there(s->placed, f, p))
		return 0;
	rc = place_in(s, f, ns, p);
	if (rc == 1 && ns)
		rc = place_in(s, f, 0, p);
	if (rc == 1)
		rc = place_elsewhere(s, f, ns, p);
	if (!rc && goes_by_other_pid(s, f))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s is in a /proc that does not have the container's pids: mount one in "
				 "the container", f->link);
	else if (!rc && !p->gone)
		placed_set(s, f, p);
	if (rc == 1)
		snap_unsupported(
			s, -ENOENT, file_obj(s, f),
			ends_deleted(f->link)
				? "%s: it has other names, but none nearby: link it into this "
				  "directory"
				: "%s does not lead to it: a mount covers it, or it is in a mount "
				  "namespace outside the container",
			f->link);
	return rc;
}

static int open_in(int root, const struct crfs_str *path, uint64_t flags, bool lax)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	char buf[PATH_MAX];
	int fd;

	if (!path->len || path->len >= sizeof(buf) || memchr(path->p, '\0', path->len))
		return -EINVAL;
	memcpy(buf, path->p, path->len);
	buf[path->len] = '\0';
	if (flags & O_PATH)
		how.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else
		how.flags = (how.flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_ASYNC)) | O_NOCTTY;
	how.resolve |= RESOLVE_NO_MAGICLINKS;
	if (!lax && !(flags & O_NOFOLLOW))
		how.resolve |= RESOLVE_NO_SYMLINKS;
	fd = syscall(SYS_openat2, root, buf, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/*
 * The controller has moved into the container's mount namespace, if that has one of its own; its
 * parent, the front end, is where it came from.
 */
static int root_of_image(struct restore *rs, uint32_t ns)
{
	const struct image *im = rs->im;
	size_t i;

	if (ns)
		return ns_mnt_root(rs, ns);
	for (i = 0; i < im->nr[IOBJ_NS]; i++)
		if (im->objs[IOBJ_NS][i].room == &res_ns_mnt)
			return proc_open(rs->proc, O_PATH | O_DIRECTORY, "%d/root/", getppid());
	return proc_open(rs->proc, O_PATH | O_DIRECTORY, "self/root/");
}

void place_keep(struct restore *rs, bool keep)
{
	if (rs->keeps)
		close(rs->root);
	rs->keeps = false;
	rs->keep_roots = keep;
}

int place_front_root(struct restore *rs)
{
	return root_of_image(rs, 0);
}

int place_open(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path, uint64_t flags)
{
	bool kept = rs->keeps && rs->root_ns == mnt_ns;
	int root = kept ? rs->root : root_of_image(rs, mnt_ns), fd;

	if (root < 0)
		return root;
	fd = open_in(root, path, flags, rs->im->opts->files == FILES_LAX);
	if (kept)
		return fd;
	if (!rs->keep_roots) {
		close(root);
		return fd;
	}
	if (rs->keeps)
		close(rs->root);
	rs->root = root;
	rs->root_ns = mnt_ns;
	rs->keeps = true;
	return fd;
}

/* Is there a proc at the first @len bytes of @path? */
static bool proc_at(int root, const struct crfs_str *path, size_t len)
{
	struct crfs_str dir = { path->p, len };
	int fd = open_in(root, &dir, O_PATH | O_DIRECTORY, false);
	struct statfs fs;
	bool yes = fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;

	if (fd >= 0)
		close(fd);
	return yes;
}

/* In the directory that /proc will have for a task of the image: it comes with the task. */
static bool comes_with_task(const struct image *im, int root, const struct crfs_str *path)
{
	unsigned int tid = 0;
	size_t i, at;

	for (i = 1; i < path->len; i++) {
		if (path->p[i - 1] != '/' || path->p[i] < '1' || path->p[i] > '9')
			continue;
		at = i;
		for (tid = 0; i < path->len && path->p[i] >= '0' && path->p[i] <= '9' && i < at + 9; i++)
			tid = tid * 10 + path->p[i] - '0';
		if ((i == path->len || path->p[i] == '/') && image_obj(im, IOBJ_TASK, tid) &&
		    proc_at(root, path, at - 1))
			return true;
	}
	return false;
}

int place_check(struct image *im, uint32_t mnt_ns, const struct crfs_str *path)
{
	int root, fd;

	if (mnt_ns)
		return -ENODATA;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = open_in(root, path, O_PATH | O_NOFOLLOW, im->opts->files == FILES_LAX);
	if (fd == -ENOENT && comes_with_task(im, root, path))
		fd = -ENODATA;
	close(root);
	return fd;
}

int place_parent(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path,
		 struct crfs_str *name)
{
	struct crfs_str dir = *path;
	int fd;

	*name = (struct crfs_str){ NULL, 0 };
	do {
		while (dir.len && dir.p[dir.len - 1] != '/')
			dir.len--;
		if (!dir.len)
			return -EINVAL;
		if (!name->p)
			*name = (struct crfs_str){ path->p + dir.len, path->len - dir.len };
		while (dir.len > 1 && dir.p[dir.len - 1] == '/')
			dir.len--;
		fd = place_open(rs, mnt_ns, &dir, O_RDONLY | O_DIRECTORY);
	} while (fd == -ENOENT && dir.len > 1);
	return fd;
}
