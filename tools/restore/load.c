// SPDX-License-Identifier: GPL-2.0-or-later
/* The staged files as a tree: texts are read; of payloads the engine has descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/digest.h>
#include <crfs/staged.h>

#include "restore.h"

#define TEXT_MAX (4 << 20)	/* what is longer is no text */
#define DESCRIPTORS 8192	/* payloads beyond are opened when they are read, and copied */

/* struct load - @open: payloads that have a descriptor */
struct load {
	struct stage *s;
	struct tree *t;
	unsigned int open;
	struct err *e;
};

static ssize_t late_pread(struct node *n, void *buf, size_t size, off_t off)
{
	char path[PATH_MAX];
	int fd = openat(FD_ROOT, tree_path(n, NULL, path, sizeof(path)), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return -errno;
	r = pread(fd, buf, size, off);
	r = r < 0 ? -errno : r;
	close(fd);
	return r;
}

static const struct payload_ops late_ops = { .pread = late_pread };

static int read_text(struct node *n, int fd, off_t size)
{
	char *text = malloc(size + 1);
	off_t done = 0;
	ssize_t r = 1;

	if (!text)
		return -ENOMEM;
	while (done < size && r > 0) {
		r = pread(fd, text + done, size - done, done);
		done += r > 0 ? r : 0;
	}
	if (r < 0 || done < size) {
		free(text);
		return r < 0 ? -errno : -EIO;
	}
	text[size] = '\0';
	n->text = text;
	n->size = size;
	((struct front *)n->front)->room = size + 1;
	close(fd);
	return 0;
}

/* The kernel has seen all bytes of an extent, and tells their digest. Return: is it one? */
static bool take_digest(struct node *n, int fd)
{
	struct front *f = n->front;
	struct crfs_staged s;

	if (ioctl(fd, CRFS_STAGED, &s))
		return false;
	if (!s.known)
		return true;
	memcpy(n->digest, s.digest, sizeof(s.digest));
	f->algorithm = CRFS_XXH64;
	n->digest_known = true;
	return true;
}

static int take_bytes(struct load *l, struct node *n, int fd, const struct stat *st)
{
	bool extent;

	if (n->kind == NODE_TEXT && st->st_size <= TEXT_MAX)
		return read_text(n, fd, st->st_size);
	extent = take_digest(n, fd);
	if (l->open < DESCRIPTORS) {
		l->open++;
		return stage_adopt(l->s, n, fd, st->st_size, extent);
	}
	n->kind = NODE_PAYLOAD;
	n->ops = &late_ops;
	n->size = st->st_size;
	close(fd);
	return 0;
}

/* Read and write: what was put into tasks is given back, and should that fail, taken back. */
static int take_file(struct load *l, int dir, struct node *parent, const char *name)
{
	struct node *n = tree_text(l->t, parent, name, NULL, 0);
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC), r;
	struct stat st;

	if (n)
		n->front = calloc(1, sizeof(struct front));
	if (!n || !n->front)
		return -ENOMEM;
	((struct front *)n->front)->complete = true;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	n->mtime = st.st_mtim;
	stage_kind(l->s, n);
	r = take_bytes(l, n, fd, &st);
	if (r < 0)
		close(fd);
	return r;
}

static int walk(struct load *l, int fd, struct node *dir, size_t depth);

static int take_dir(struct load *l, int dir, struct node *parent, const char *name, size_t depth)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct node *n = fd < 0 ? NULL : tree_dir(l->t, parent, name);

	if (fd < 0)
		return -errno;
	if (!n) {
		close(fd);
		return -ENOMEM;
	}
	return walk(l, fd, n, depth + strlen(name) + 1);
}

static int take_entry(struct load *l, int dir, struct node *parent, const struct dirent *de, size_t depth)
{
	char path[PATH_MAX];
	int r;

	if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
		return 0;
	if (depth + strlen(de->d_name) + 2 > PATH_MAX / 2)
		r = -ENAMETOOLONG;
	else if (de->d_type == DT_DIR)
		r = take_dir(l, dir, parent, de->d_name, depth);
	else
		r = take_file(l, dir, parent, de->d_name);
	if (r < 0 && !l->e->code) {
		tree_path(parent, NULL, path, sizeof(path));
		return fail_on(l->e, r, *path ? path : de->d_name, "read what is staged: copy it again");
	}
	return r;
}

static int walk(struct load *l, int fd, struct node *dir, size_t depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	while (!r && (errno = 0, de = readdir(d)))
		r = take_entry(l, fd, dir, de, depth);
	if (!r && errno)
		r = -errno;
	closedir(d);
	return r;
}

int load_tree(struct stage *s, struct tree *t, struct err *e)
{
	struct load l = { .s = s, .t = t, .e = e };
	int fd = openat(FD_ROOT, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : walk(&l, fd, tree_root(t), 0);

	return r < 0 ? fail(e, r, "read what is staged") : 0;
}
