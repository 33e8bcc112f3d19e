// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crtar merge: a chain of archives, each made since the one before, as one.
 *
 * They may be named in any order: each says in its header when the container was frozen. That the
 * newest and what it lacks belong together is found by the digests of its manifest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>
#include <crfs/res/root/header.h>
#include "lib/text.h"

#include "source.h"

#define ARGS (2 * SOURCE_BASES + 24)

/** struct link - one of them; @when: CLOCK_REALTIME of its freeze */
struct link {
	const char *name;
	int64_t when;
};

/** struct job - @args: of create, which does it */
struct job {
	struct link links[SOURCE_BASES + 1];
	int nr_links;
	char *args[ARGS];
	int nr;
};

static int newest_first(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->when < y->when) - (x->when > y->when);
}

static int read_header(struct node *n, struct crfs_header *h)
{
	char *text = n && n->kind == NODE_TEXT && n->size ? malloc(n->size) : NULL;
	struct crfs_reader r;
	int ok = -EBADMSG;

	if (!text)
		return -ENODATA;
	memcpy(text, n->text, n->size);
	crfs_reader_init(&r, text, n->size);
	if (!crfs_read_section(&r, &crfs_header_shape) && crfs_read_rec(&r, &crfs_header_shape, h) > 0)
		ok = 0;
	free(text);	/* and with it the strings: only the numbers are wanted */
	return ok;
}

/* Of all that is in it only the header matters here. */
static int learn(struct link *k, struct errlist *why)
{
	struct source s = { .name = k->name, .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 };
	struct crfs_header h = { .format = 0 };
	int r = strcmp(k->name, "-") ? source_open(&s, why) : -EINVAL;

	if (r && !why->first)
		errlist_add(why, r, k->name, "it is read more than once: name a file");
	else if (!r && s.kind == SOURCE_CGROUP)
		errlist_add(why, -EINVAL, k->name, "a container is no archive: crtar create makes one");
	else if (!r && (r = read_header(source_file(&s, CRFS_HEADER), &h)) < 0)
		errlist_add(why, r, k->name, "header: it does not say when it was made: name what create --since made");
	k->when = h.realtime_ns;
	source_close(&s);
	return why->first;
}

static void arg(struct job *j, const char *text)
{
	if (j->nr + 1 < ARGS)
		j->args[j->nr++] = (char *)text;
}

static int merge(struct job *j)
{
	struct errlist why = { .text = NULL };
	int i, r = 0;

	for (i = 0; i < j->nr_links && !r; i++)
		r = learn(&j->links[i], &why);
	say_all(&why);
	errlist_clear(&why);
	if (r < 0)
		return EXIT_NO;
	qsort(j->links, j->nr_links, sizeof(*j->links), newest_first);
	arg(j, "--from");
	arg(j, j->links[0].name);
	for (i = 1; i < j->nr_links; i++) {
		arg(j, "--base");
		arg(j, j->links[i].name);
	}
	j->args[j->nr] = NULL;
	optind = 0;
	return cmd_create.run(&cmd_create, j->nr, j->args);
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "file", required_argument, NULL, 'f' }, { "threads", required_argument, NULL, 't' },
		{ "zstd", optional_argument, NULL, 'z' }, { "lz4", optional_argument, NULL, 'z' },
		{ "xz", optional_argument, NULL, 'z' }, { "gzip", optional_argument, NULL, 'z' },
		{ "progress", no_argument, NULL, 'z' }, { NULL, 0, NULL, 0 }
	};
	struct job j = { .args = { "create" }, .nr = 1 };
	int o, end;

	while ((o = cmd_option(c, argc, argv, "f:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (j.nr > 12)
			return cmd_wrong(c, "%s: not so many options", argv[optind - 1]);
		if (o != 'z')
			arg(&j, o == 'f' ? "--file" : "--threads");
		arg(&j, o == 'z' ? argv[optind - 1] : optarg);
	}
	if (argc - optind < 2 || argc - optind > SOURCE_BASES + 1)
		return cmd_wrong(c, "it takes the archives of one chain, 2 to %d", SOURCE_BASES + 1);
	for (; optind < argc; optind++)
		j.links[j.nr_links++].name = argv[optind];
	return merge(&j);
}

const struct cmd cmd_merge = {
	.name = "merge",
	.args = "[-f FILE] [OPTION...] CHECKPOINT CHECKPOINT...",
	.what = "make one archive of a chain of create --since",
	.help = "  -f, --file FILE      where to; - or nothing: standard output\n"
		"      --zstd[=LEVEL], --lz4[=LEVEL], --xz[=LEVEL], --gzip[=LEVEL], --threads N, --progress\n"
		"                       as for create\n"
		"\nThe chain may be named in any order: each says when its container was frozen.\n",
	.run = run,
};
