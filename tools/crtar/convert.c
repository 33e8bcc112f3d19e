// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar convert: a checkpoint in another form. Archives are made by create; here is what is none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "convert.h"
#include "unpack.h"

#define ARGS 80

/** struct job - @args: of create, which makes what is an archive; @filter, @level: of one that it cannot */
struct job {
	const char *to, *filter, *level;
	bool from_criu;
	struct source src;
	char *args[ARGS];
	int nr;
};

enum { ARG_TO = 256, ARG_FROM, ARG_CONTENTS, ARG_BASE, ARG_PLAIN, ARG_VALUE };

static const struct option longs[] = {
	{ "to", required_argument, NULL, ARG_TO }, { "from", required_argument, NULL, ARG_FROM },
	{ "contents", required_argument, NULL, ARG_CONTENTS },
	{ "base", required_argument, NULL, ARG_BASE }, { "zstd", optional_argument, NULL, ARG_PLAIN },
	{ "lz4", optional_argument, NULL, ARG_PLAIN }, { "xz", optional_argument, NULL, ARG_PLAIN },
	{ "gzip", optional_argument, NULL, ARG_PLAIN }, { "progress", no_argument, NULL, ARG_PLAIN },
	{ "threads", required_argument, NULL, ARG_VALUE },
	{ NULL, 0, NULL, 0 }
};

static const char *const kinds[] = { "dir", "tar", "cpio", "zip", "mtree", "criu", NULL };

static void arg(struct job *j, const char *text)
{
	if (text && j->nr + 1 < ARGS)
		j->args[j->nr++] = (char *)text;
}

/* What the name of the result says: a directory, an archive by its suffix, else tar. */
static const char *kind_of(const char *to)
{
	const char *dot = strrchr(to, '.');
	size_t i, len = strlen(to);

	if (len && to[len - 1] == '/')
		return "dir";
	for (i = 1; dot && kinds[i]; i++)
		if (!strcmp(dot + 1, kinds[i]))
			return kinds[i];
	return "tar";
}

static int to_directory(struct job *j, char *to)
{
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	size_t len = strlen(to);
	int r = source_open(&j->src, &why);

	while (len > 1 && to[len - 1] == '/')
		to[--len] = '\0';
	if (!r && j->src.kind == SOURCE_CGROUP)
		errlist_add(&why, -EINVAL, j->src.name, "a container is no copy yet: crtar create makes one");
	else if (!r && !source_manifest(&j->src, &why))
		source_verify(&j->src, &why);
	if (!why.first && strcmp(j->to, "criu"))
		unpack(j->src.top, to, &e);
	else if (!why.first)
		convert_to_criu(&j->src, to, &why);
	if (e.code)
		errlist_take(&why, &e);
	r = why.first;
	source_close(&j->src);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

/* libarchive's names of what create calls so */
static const char *format_of(const char *kind)
{
	return !strcmp(kind, "tar") ? NULL : !strcmp(kind, "cpio") ? "newc" : kind;
}

static int from_criu(struct job *j, const char *to)
{
	struct sink s = { .name = to, .format = format_of(j->to), .filter = j->filter, .level = j->level,
			  .threads = 1, .out.fd = -1 };
	struct errlist why = { .text = NULL };
	char *dir = strdup(to);
	size_t len = strlen(to);
	int r;

	if (sink_wrong(&s)) {
		free(dir);
		return cmd_wrong(&cmd_convert, "%s", sink_wrong(&s));
	}
	while (dir && len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	r = dir ? convert_from_criu(j->src.name, strcmp(j->to, "dir") ? &s : NULL, dir, 0, &why) : -ENOMEM;
	free(dir);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

static int to_archive(struct job *j, const char *to)
{
	arg(j, "--from");
	arg(j, j->src.name);
	arg(j, "--file");
	arg(j, to);
	arg(j, "--format");
	arg(j, j->to);
	j->args[j->nr] = NULL;
	optind = 0;
	return cmd_create.run(&cmd_create, j->nr, j->args);
}

static int take_option(const struct cmd *c, struct job *j, int o, const char *given)
{
	int i;

	if (o == ARG_TO) {
		for (i = 0; kinds[i] && strcmp(kinds[i], optarg); i++)
			;
		j->to = kinds[i];
		return j->to ? 0 : cmd_wrong(c, "--to %s: no such form", optarg);
	}
	if (o == ARG_FROM) {
		j->from_criu = !strcmp(optarg, "criu");
		return j->from_criu ? 0 : cmd_wrong(c, "--from %s: only criu is said: others are found out", optarg);
	}
	if (o == ARG_BASE && source_base(&j->src, optarg) < 0)
		return cmd_wrong(c, "--base: not so many");
	if (o == ARG_CONTENTS)
		j->src.contents = optarg;
	if (o == ARG_PLAIN) {
		if (given[2] != 'p') {
			j->filter = strndup(given + 2, strcspn(given + 2, "="));
			j->level = optarg;
		}
		arg(j, given);
		return 0;
	}
	arg(j, o == ARG_CONTENTS ? "--contents" : o == ARG_BASE ? "--base" : "--threads");
	arg(j, optarg);
	return 0;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct job j = { .src = { .bytes = BYTES_KEEP, .apart = true, .dir = -1, .cg.dir = -1 }, .args = { "create" }, .nr = 1 };
	int o, end;

	while ((o = cmd_option(c, argc, argv, "", longs, &end)) != -1) {
		if (!o)
			return end;
		end = take_option(c, &j, o, argv[optind - 1]);
		if (end)
			return end;
	}
	if (optind + 2 != argc)
		return cmd_wrong(c, "it takes a checkpoint and where its other form goes");
	j.src.name = argv[optind];
	if (!j.to)
		j.to = kind_of(argv[optind + 1]);
	if (j.from_criu && !strcmp(j.to, "criu"))
		return cmd_wrong(c, "--from criu --to criu: it is that");
	if (j.from_criu)
		return from_criu(&j, argv[optind + 1]);
	return strcmp(j.to, "dir") && strcmp(j.to, "criu") ? to_archive(&j, argv[optind + 1]) :
	       to_directory(&j, argv[optind + 1]);
}

const struct cmd cmd_convert = {
	.name = "convert",
	.args = "[--to KIND] [OPTION...] CHECKPOINT RESULT",
	.what = "write a checkpoint in another form",
	.help = "      --to KIND        dir, tar, cpio, zip, mtree; else what RESULT's name says:\n"
		"                       NAME/, NAME.cpio, NAME.zip, NAME.mtree, or tar; - is standard output\n"
		"                       criu: a directory of images for criu(8)\n"
		"      --from criu      CHECKPOINT is such a directory\n"
		"      --contents DIR   CHECKPOINT is an mtree; this has what it lists\n"
		"      --base CHECKPOINT  what it was made since; several from the newest to the oldest\n"
		"      --zstd[=LEVEL], --lz4[=LEVEL], --xz[=LEVEL], --gzip[=LEVEL], --threads N, --progress\n"
		"                       as for create\n",
	.run = run,
};
