// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar convert to and from a directory of CRIU's images; what can be said in them is in criu/. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/format.h>

#include "aside.h"
#include "convert.h"
#include "criu.h"
#include "manifest.h"
#include "unpack.h"

#define PIECE (1 << 20)

int convert_to_criu(struct source *s, const char *to, struct errlist *why)
{
	struct options opts = { .lossy = true };
	struct image im = { .tree = NULL };
	struct err e = { .code = 0 };
	struct aside a;
	int r = image_read(s->tree, s->top, &opts, why, false, &im);

	if (!r && !aside_dir(&a, to, &e))
		aside_done(&a, criu_export(&im, a.fd, why), &e);
	if (e.code)
		errlist_take(why, &e);
	image_free(&im);
	return why->first;
}

/* The manifest, as whoever takes a checkpoint makes it; and the time at which this one was made. */
static int seal(struct tree *t, uint8_t digest, struct err *e)
{
	struct node *root = tree_root(t), *n;
	off_t size = manifest_size(root, digest, NULL);
	struct timespec now;
	char *text;
	int r = manifest_make(root, digest, NULL, &text, size, e);

	if (r < 0)
		return r;
	if (!tree_text(t, root, CRFS_MANIFEST, text, size)) {
		free(text);
		return fail(e, -ENOMEM, "memory for the manifest");
	}
	clock_gettime(CLOCK_REALTIME, &now);
	for (n = root; n; n = tree_next(n, NULL))
		n->mtime = now;
	return 0;
}

static int write_node(struct sink *s, struct node *n, char *buf, struct err *e)
{
	char path[4096], name[4096 + 2];
	off_t off;
	ssize_t got;
	int r;

	snprintf(name, sizeof(name), "./%s", n->parent ? tree_path(n, NULL, path, sizeof(path)) : "");
	if (n->kind == NODE_DIR)
		return sink_dir(s, name, n->mtime, e);
	r = sink_file(s, name, n->size, n->mtime, e);
	for (off = 0; off < n->size && !r; off += got) {
		got = node_pread(n, buf, n->size - off < PIECE ? n->size - off : PIECE, off);
		if (got <= 0)
			return fail_on(e, got ? (int)got : -EIO, name, "read it");
		r = interrupted(e) ?: sink_data(s, buf, got, e);
	}
	return r;
}

static int write_archive(struct sink *s, struct tree *t, struct err *e)
{
	char *buf = malloc(PIECE);
	struct node *n;
	int r = buf ? sink_open(s, e) : fail(e, -ENOMEM, "memory to write it");

	for (n = tree_root(t); n && !r; n = tree_next(n, NULL))
		r = write_node(s, n, buf, e);
	if (!r)
		r = sink_done(s, e);
	sink_close(s);
	free(buf);
	return r;
}

/* What was made must be what a restore reads. */
static int check(struct tree *t, struct errlist *why)
{
	struct options opts = { .lossy = true };
	struct image im = { .tree = NULL };

	image_read(t, tree_root(t), &opts, why, false, &im);
	image_free(&im);
	return why->first;
}

int convert_from_criu(const char *from, struct sink *s, const char *to, uint8_t digest, struct errlist *why)
{
	int dir = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tree *t = dir < 0 ? NULL : tree_new();
	struct pool pool = { .chunks = NULL };
	struct err e = { .code = 0 };

	if (dir < 0)
		fail_on(&e, -errno, from, "open it: name a directory of images");
	else if (!t)
		fail(&e, -ENOMEM, "memory for a tree");
	else if (!criu_import(dir, t, &pool, why) && !check(t, why) && !seal(t, digest, &e))
		s ? write_archive(s, t, &e) : unpack(tree_root(t), to, &e);
	if (e.code)
		errlist_take(why, &e);
	if (t)
		tree_free(t);
	pool_free(&pool);
	if (dir >= 0)
		close(dir);
	return why->first;
}
