// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar seal: the manifest of a directory anew, after somebody has edited its files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/format.h>

#include "hash.h"
#include "text.h"
#include "verify.h"

#define TEMP "." CRFS_MANIFEST ".seal"

static int put(struct source *s, struct node *n, uint8_t algorithm, struct text *t, struct err *e)
{
	struct crfs_digest line = { .algorithm = algorithm };
	char path[PATH_MAX];
	off_t len;
	int r;

	line.path.p = tree_path(n, s->top, path, sizeof(path));
	line.path.len = strlen(line.path.p);
	r = hash_node(n, algorithm, line.digest, &len);
	if (!r && len != n->size)
		r = -EIO;
	if (!r)
		r = text_digest(t, &line);
	return r < 0 ? fail_on(e, r, path, "digest it: it changes meanwhile, or cannot be read") : 0;
}

/* In the order in which they stood; what is new comes last. */
static int put_all(struct source *s, int algorithm, struct text *t, struct err *e)
{
	struct node *n, *manifest = source_file(s, CRFS_MANIFEST);
	size_t i;
	int r = 0;

	for (i = 0; s->man && i < s->man->n && !r; i++)
		if (s->man->v[i].node)
			r = put(s, s->man->v[i].node, algorithm, t, e);
	for (n = s->top; n && !r; n = tree_next(n, s->top))
		if (n->kind != NODE_DIR && n != manifest && !((struct stored *)n->front)->entry)
			r = put(s, n, algorithm, t, e);
	if (!r && text_failed(t))
		r = fail(e, -ENOMEM, "memory for the manifest");
	return r;
}

static int write_all(int fd, const char *p, size_t n)
{
	ssize_t w;

	for (; n; p += w, n -= w) {
		w = write(fd, p, n);
		if (w <= 0)
			return w < 0 ? -errno : -ENOSPC;
	}
	return 0;
}

/* Under its name it is always whole. */
static int replace(struct source *s, const struct text *t, struct err *e)
{
	char path[PATH_MAX];
	int dir = openat(s->dir, *s->top->name ? tree_path(s->top, NULL, path, sizeof(path)) : ".",
			 O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int fd, r;

	if (dir < 0)
		return fail(e, -errno, "open its directory");
	fd = openat(dir, TEMP, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	r = fd < 0 ? -errno : write_all(fd, t->w.buf, t->w.len);
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (!r && renameat(dir, TEMP, dir, CRFS_MANIFEST) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r < 0 && fd >= 0)
		unlinkat(dir, TEMP, 0);
	close(dir);
	return r < 0 ? fail_on(e, r, CRFS_MANIFEST, "write it anew: you must own the directory") : 0;
}

/* A file that crfs could not read is not sealed: the error would be found when it is needed. */
static int seal(struct source *s, int algorithm, struct errlist *why)
{
	struct errlist old = { .text = NULL };
	struct text t = { .failed = false };
	struct err e = { .code = 0 };
	int r;

	if (source_open(s, why) < 0)
		return why->first;
	if (s->kind != SOURCE_DIR) {
		errlist_add(why, -EINVAL, s->name, "only a directory can be sealed: extract it there first");
		return why->first;
	}
	source_manifest(s, &old);	/* what it says is past */
	if (algorithm < 0)
		algorithm = s->man && s->man->n ? s->man->v[0].line.algorithm : CRFS_XXH64;
	errlist_clear(&old);
	if (verify_tree(s, why) < 0)
		return why->first;
	r = put_all(s, algorithm, &t, &e);
	if (!r)
		r = replace(s, &t, &e);
	text_free(&t);
	if (e.code)
		errlist_take(why, &e);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "options", required_argument, NULL, 'o' }, { NULL, 0, NULL, 0 }
	};
	struct source s = { .bytes = BYTES_DIGEST, .dir = -1, .cg.dir = -1 };
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	struct options opts = { .lossy = false };
	int o, end, r, algorithm = -1;

	while ((o = cmd_option(c, argc, argv, "o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (options_parse(optarg, "digest ", &opts, &e) < 0)
			return say(&e), EXIT_TROUBLE;
		algorithm = opts.digest;
	}
	if (optind + 1 != argc)
		return cmd_wrong(c, "it takes one directory");
	s.name = argv[optind];
	r = seal(&s, algorithm, &why);
	source_close(&s);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_seal = {
	.name = "seal",
	.args = "[-o digest=KIND] DIRECTORY",
	.what = "make the manifest of a checkpoint anew, after an edit",
	.help = "  -o digest=KIND       xxh64 or sha256; else the kind that it had\n",
	.run = run,
};
