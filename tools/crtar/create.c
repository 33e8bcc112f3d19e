// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar create: a checkpoint as an archive, from the container itself or from a copy. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/format.h>

#include "hold.h"
#include "kill.h"
#include "pump.h"
#include "sink.h"
#include "source.h"

enum then { THEN_AS_BEFORE, THEN_THAW, THEN_KILL, THEN_LEAVE };

/**
 * struct job - an archive to be made
 * @since: the one before, of which nothing is written again; without a name: there is none
 * @cg: the cgroup, opened for freezing and what comes then; @hold: that it stays frozen for us
 * @order: what is to be written next
 * @progress, @tell: how far it is; also where there is no terminal
 * @why: of what failed in writing
 * @manifest: text of the manifest, made or read when all else is written
 */
struct job {
	struct source src, since;
	struct cgroup cg;
	struct hold hold;
	struct sink sink;
	struct order order;
	struct progress progress;
	bool freeze, from_cgroup, tell;
	enum then then;
	struct err why;
	char *manifest;
	size_t manifest_size;
};

/* What `unsupported` says, line by line, is why there is no archive. */
static int refuse_obstacles(struct job *j, struct errlist *why)
{
	struct node *n = source_file(&j->src, CRFS_UNSUPPORTED);
	struct err e = { .code = 0 };

	if (j->src.view && view_manifest(j->src.view, &e) == 0)
		return 0;
	if (n && n->kind == NODE_TEXT && n->size) {
		char *text = strndup(n->text, n->size);	/* it ends with its size, and not with a 0 */

		if (!j->src.view && (j->src.opts.lossy || (text && !strncmp(text, "ENODATA ", 8)))) {
			free(text);
			return 0;	/* whoever made the manifest has decided that */
		}
		say_all(&(struct errlist){ .text = text });
		free(text);
		why->first = -EOPNOTSUPP;
		return why->first;
	}
	if (j->src.view)
		errlist_take(why, &e);
	return why->first;
}

static const char *member_name(const struct node *n, const struct node *top, char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(buf, size, "./%s", n == top ? "" : tree_path(n, top, path, sizeof(path)));
	return buf;
}

/* The one before has it, with the same digest. */
static bool is_known(struct job *j, const struct node *n)
{
	const struct entry *en;
	char path[PATH_MAX];

	if (!j->since.name)
		return false;
	en = manifest_find(j->since.man, tree_path(n, j->src.top, path, sizeof(path)));
	return en && en->line.algorithm == j->src.opts.digest &&
	       !memcmp(en->line.digest, n->digest, crfs_digest_size(en->line.algorithm));
}

/* What is of one piece is known by its digest before its header is written. */
static int write_piece(struct job *j, const struct piece *x, const char *name, struct err *e)
{
	struct node *n = x->n;
	int r = 0;

	if (x->error)
		return fail(e, x->error, "read it: %s", x->error == -ESTALE ?
			    "the container was thawed meanwhile" : "try again");
	progress_at(&j->progress, j->progress.done + x->len);
	if ((off_t)x->len == n->size && is_known(j, n))
		return 0;
	if (!x->off && source_is_page(n))
		r = sink_mark(&j->sink, e);
	if (!x->off && !r)
		r = sink_file(&j->sink, name, n->size, n->mtime, e);
	return r ? r : sink_data(&j->sink, x->buf, x->len, e);
}

static int write_text(struct job *j, struct node *n, const char *name, struct err *e)
{
	off_t len;
	int r = 0;

	if (j->since.name)
		r = hash_node(n, j->src.opts.digest, n->digest, &len);
	if (r < 0)
		return fail(e, r, "digest it");
	if (is_known(j, n))
		return 0;
	r = sink_file(&j->sink, name, n->size, n->mtime, e);
	return r ? r : sink_data(&j->sink, n->text, n->size, e);
}

/* @x: the piece of @n that has been read, NULL: it has none */
static int write_node(struct job *j, struct node *n, const struct piece *x, struct err *e)
{
	char name[PATH_MAX + 2], path[PATH_MAX];
	int r;

	member_name(n, j->src.top, name, sizeof(name));
	if (n->kind == NODE_DIR)
		return sink_dir(&j->sink, name, n->mtime, e);
	if (n->kind == NODE_TEXT)
		r = write_text(j, n, name, e);
	else
		r = x ? write_piece(j, x, name, e) : sink_file(&j->sink, name, 0, n->mtime, e);
	return r < 0 ? fail_on(e, r, tree_path(n, j->src.top, path, sizeof(path)), "write it") : 0;
}

/* All that stands before @end, which is nobody's piece; NULL: all that is left */
static int write_until(struct job *j, const struct node *end)
{
	const struct node *manifest = source_file(&j->src, CRFS_MANIFEST);
	int r = interrupted(&j->why);

	for (; !r && j->order.at && j->order.at != end; order_next(&j->order)) {
		if (j->order.at != manifest)
			r = write_node(j, j->order.at, NULL, &j->why);
		r = r ? r : interrupted(&j->why);
	}
	return r;
}

/* A piece that has been read, in its turn: what stands before it, and then it */
static int give(void *arg, const struct piece *x)
{
	struct job *j = arg;
	int r = write_until(j, x->n);

	if (!r)
		r = write_node(j, x->n, x, &j->why);
	if (!r && x->off + (off_t)x->len == x->n->size)
		order_next(&j->order);
	return r;
}

/* Whoever compresses has threads for that; else two do all, and more if that is asked for. */
static int readers(const struct sink *s)
{
	return s->filter || s->threads < 2 ? s->threads : s->threads - 1;
}

static int write_tree(struct job *j)
{
	struct node *n, *manifest = source_file(&j->src, CRFS_MANIFEST);
	struct pump pump = { .order = j->order, .skip = manifest, .algorithm = j->src.opts.digest, .give = give, .arg = j };
	int r;

	progress_begin(&j->progress, j->tell);
	for (n = j->src.top; n; n = tree_next(n, j->src.top))
		j->progress.total += n->kind == NODE_PAYLOAD && n != manifest ? n->size : 0;
	r = pump_run(&pump, readers(&j->sink)) ?: write_until(j, NULL);
	progress_end(&j->progress);
	return r < 0 && !interrupted(&j->why) ? fail(&j->why, r, "memory to read it") : r;
}

/* The container's own: what was read is what was there, if it has been frozen all the time. */
static int make_manifest(struct job *j, struct err *e)
{
	enum cgroup_state state;
	int r = cgroup_state(&j->cg, &state, e);

	if (!r && state != CGROUP_FROZEN)
		r = fail_on(e, -ESTALE, j->cg.path, "the container was thawed meanwhile: try again");
	if (r < 0)
		return r;
	j->manifest_size = manifest_size(j->src.top, j->src.opts.digest, NULL);
	return manifest_make(j->src.top, j->src.opts.digest, NULL, &j->manifest, j->manifest_size, e);
}

/* A copy's: what was written is held against it. */
static int check_manifest(struct job *j, struct errlist *why)
{
	struct node *n = source_file(&j->src, CRFS_MANIFEST);
	int r = j->src.man ? 0 : source_manifest(&j->src, why);

	if (!r)
		source_verify(&j->src, why);
	if (why->first)
		return why->first;
	j->manifest_size = n->size;
	j->manifest = malloc(n->size + 1);
	if (!j->manifest)
		errlist_add(why, -ENOMEM, CRFS_MANIFEST, "memory for it");
	else if (node_pread(n, j->manifest, n->size, 0) != n->size)
		errlist_add(why, -EIO, CRFS_MANIFEST, "read it: it changes meanwhile");
	return why->first;
}

static int write_manifest(struct job *j, struct err *e)
{
	struct node *n = source_file(&j->src, CRFS_MANIFEST);
	int r = sink_mark(&j->sink, e);

	if (!r)
		r = sink_file(&j->sink, "./" CRFS_MANIFEST, j->manifest_size, n ? n->mtime : j->src.top->mtime, e);
	if (!r)
		r = sink_data(&j->sink, j->manifest, j->manifest_size, e);
	return r ? r : sink_done(&j->sink, e);
}

/* All is read: whoever only stood still for us may go on while the rest is being written. */
static void let_go(struct job *j)
{
	if (j->hold.fd < 0 || j->then == THEN_KILL || j->then == THEN_LEAVE)
		return;
	view_expire(j->src.view);
	hold_end(&j->hold);
}

static int stream(struct job *j, struct errlist *why)
{
	struct err e = { .code = 0 };
	int r = sink_open(&j->sink, &e);

	/* Tar alone makes the directories above a file itself. */
	order_begin(&j->order, j->src.top, !j->sink.format);
	if (!r && (r = write_tree(j)) < 0)
		e = j->why;
	if (!r)
		r = j->from_cgroup ? make_manifest(j, &e) : check_manifest(j, why);
	if (!r) {
		let_go(j);
		r = write_manifest(j, &e);
	}
	if (r < 0 && !why->first) {
		fail_on(&e, r, j->sink.name, "write the archive");
		errlist_take(why, &e);
	}
	return r;
}

/* The archive is whole. */
static int then(struct job *j, struct err *e)
{
	int r = 0;

	if (j->then == THEN_KILL)
		r = kill_all(&j->cg, e);
	if (!r && j->then == THEN_THAW)
		r = cgroup_freeze(&j->cg, false, 0, e);
	if (!r && j->then == THEN_LEAVE)
		hold_leave(&j->hold);
	return r;
}

static int create(struct job *j, struct errlist *why)
{
	struct err e = { .code = 0 };
	int r = source_open(&j->src, why);

	if (!r && j->src.bases)
		r = source_manifest(&j->src, why);
	if (!r)
		r = refuse_obstacles(j, why);
	if (!r)
		r = stream(j, why);
	if (!r && j->from_cgroup)
		r = then(j, &e);
	if (e.code)
		errlist_take(why, &e);
	return r;
}

static int frozen_first(struct job *j, struct err *e)
{
	int r = cgroup_open(j->src.name, false, &j->cg, e);

	if (r < 0) {
		j->cg.dir = -1;
		return r;
	}
	r = cgroup_refuse_own(&j->cg, e);
	if (!r && j->then == THEN_KILL)
		r = kill_can(&j->cg, e);
	return r ? r : hold_frozen(&j->hold, &j->cg, j->freeze, e);
}

static int run_job(struct job *j)
{
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	int r = j->since.name ? source_open(&j->since, &why) ?: source_manifest(&j->since, &why) : 0;

	if (!r && j->since.name)
		source_forget(&j->since);
	if (!r)
		r = sink_place(&j->sink, &e);
	if (!r && j->from_cgroup)
		r = frozen_first(j, &e);
	if (e.code)
		errlist_take(&why, &e);
	if (!r)
		r = create(j, &why);
	if (j->from_cgroup && j->hold.fd >= 0)
		hold_end(&j->hold);
	sink_close(&j->sink);
	source_close(&j->src);
	source_close(&j->since);
	if (j->cg.dir >= 0)
		cgroup_close(&j->cg);
	free(j->manifest);
	if (r < 0)
		say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

enum { ARG_CGROUP = 256, ARG_FROM, ARG_THREADS, ARG_FREEZE, ARG_THEN, ARG_ZSTD, ARG_LZ4, ARG_XZ, ARG_GZIP, ARG_PROGRESS, ARG_FORMAT, ARG_SINCE,
       ARG_BASE, ARG_CONTENTS, ARG_INDEX };

static const struct option longs[] = {
	{ "cgroup", required_argument, NULL, ARG_CGROUP }, { "from", required_argument, NULL, ARG_FROM },
	{ "file", required_argument, NULL, 'f' }, { "options", required_argument, NULL, 'o' },
	{ "threads", required_argument, NULL, ARG_THREADS }, { "freeze", no_argument, NULL, ARG_FREEZE },
	{ "then", required_argument, NULL, ARG_THEN }, { "zstd", optional_argument, NULL, ARG_ZSTD },
	{ "lz4", optional_argument, NULL, ARG_LZ4 }, { "xz", optional_argument, NULL, ARG_XZ },
	{ "gzip", optional_argument, NULL, ARG_GZIP }, { "progress", no_argument, NULL, ARG_PROGRESS },
	{ "format", required_argument, NULL, ARG_FORMAT }, { "since", required_argument, NULL, ARG_SINCE },
	{ "base", required_argument, NULL, ARG_BASE }, { "contents", required_argument, NULL, ARG_CONTENTS },
	{ "index", no_argument, NULL, ARG_INDEX },
	{ NULL, 0, NULL, 0 }
};

static const char *take_then(struct job *j, const char *word)
{
	static const char *const words[] = { "", "thaw", "kill", "leave" };
	int i;

	for (i = THEN_THAW; i <= THEN_LEAVE; i++)
		if (!strcmp(words[i], word)) {
			j->then = i;
			return NULL;
		}
	return "--then: thaw, kill or leave";
}

static const char *take_format(struct job *j, const char *word)
{
	static const char *const words[] = { "tar", "cpio", "zip", "mtree" };
	static const char *const names[] = { NULL, "newc", "zip", "mtree" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i], word)) {
			j->sink.format = names[i];
			return NULL;
		}
	return "--format: tar, cpio, zip or mtree";
}

/* Return: what is wrong with it, NULL: nothing */
static const char *take_option(struct job *j, int o)
{
	static const char *const filters[] = { "zstd", "lz4", "xz", "gzip" };

	switch (o) {
	case ARG_CGROUP:
	case ARG_FROM:
		if (j->src.name)
			return "--cgroup and --from: name one thing to make an archive of";
		j->src.name = optarg;
		j->from_cgroup = o == ARG_CGROUP;
		return NULL;
	case 'f':
		j->sink.name = optarg;
		return NULL;
	case ARG_THREADS:
		j->sink.threads = number(optarg, 1, PUMP_THREADS);
		return j->sink.threads < 0 ? "--threads: a number from 1 to 16" : NULL;
	case ARG_FREEZE:
		j->freeze = true;
		return NULL;
	case ARG_PROGRESS:
		j->tell = true;
		return NULL;
	case ARG_SINCE:
		j->since.name = optarg;
		return NULL;
	case ARG_CONTENTS:
		j->src.contents = optarg;
		return NULL;
	case ARG_BASE:
		return source_base(&j->src, optarg) < 0 ? "--base: not so many" : NULL;
	case ARG_INDEX:
		j->sink.index = true;
		return NULL;
	case ARG_FORMAT:
		return take_format(j, optarg);
	case ARG_THEN:
		return take_then(j, optarg);
	default:
		if (j->sink.filter)
			return "--zstd, --lz4, --xz and --gzip: one of them";
		j->sink.filter = filters[o - ARG_ZSTD];
		j->sink.level = optarg;
		return NULL;
	}
}

static int run(const struct cmd *c, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct job j = { .src = { .bytes = BYTES_KEEP, .apart = true, .dir = -1, .cg.dir = -1 },
			 .since = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 }, .cg.dir = -1, .hold.fd = -1,
			 .sink = { .name = "-", .threads = cpus < 2 ? 1 : 2, .out.fd = -1 } };
	struct err e = { .code = 0 };
	const char *wrong = NULL;
	int o, end;

	while (!wrong && (o = cmd_option(c, argc, argv, "f:o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'o' && options_parse(optarg, OPTIONS_CREATE, &j.src.opts, &e) < 0)
			return say(&e), EXIT_TROUBLE;
		wrong = o != 'o' ? take_option(&j, o) : NULL;
	}
	if (wrong)
		return cmd_wrong(c, "%s", wrong);
	if (optind < argc)
		return cmd_wrong(c, "%s: it takes no such argument", argv[optind]);
	if (!j.src.name)
		return cmd_wrong(c, "--cgroup or --from: name what to make an archive of");
	if (!j.from_cgroup)
		j.src.opts.digest = DIGEST_XXH64;	/* whatever its manifest has, that is verified */
	if (j.from_cgroup && j.src.contents)
		return cmd_wrong(c, "--contents is for --from an mtree");
	if (j.sink.index && (j.sink.format || j.since.name || (j.sink.filter && strcmp(j.sink.filter, "zstd"))))
		return cmd_wrong(c, "--index: for a whole tar, not compressed or with --zstd");
	if (!j.from_cgroup && (j.freeze || j.then))
		return cmd_wrong(c, "--freeze and --then are for --cgroup");
	wrong = sink_wrong(&j.sink);
	if (wrong)
		return cmd_wrong(c, "%s", wrong);
	return run_job(&j);
}

const struct cmd cmd_create = {
	.name = "create",
	.args = "{--cgroup DIR | --from CHECKPOINT} [-f FILE] [OPTION...]",
	.what = "make an archive of a frozen container, or of a mount or a copy of one",
	.help = "      --cgroup DIR     the container\n"
		"      --from PATH      a mount, a directory or another archive instead\n"
		"  -f, --file FILE      where to; - or nothing: standard output\n"
		"  -o, --options LIST   digest=xxh64|sha256, tcp=refuse|guard, lossy,\n"
		"                       external=NAME=THING: see crfs(8)\n"
		"      --freeze         freeze it for as long as it is read\n"
		"      --then WHAT      when all is written: thaw, kill, or leave it frozen;\n"
		"                       else it is as it was before\n"
		"      --zstd[=LEVEL], --lz4[=LEVEL], --xz[=LEVEL], --gzip[=LEVEL]\n"
		"                       compress\n"
		"      --index          so that pages can be read at random, for restore --lazy\n"
		"      --since CHECKPOINT  write only what that one has not; a restore needs it as --base\n"
		"      --base CHECKPOINT  --from was made since this one: make one of both\n"
		"      --contents DIR   --from is an mtree; this has what it lists\n"
		"      --format KIND    tar, cpio, zip; or mtree: a list with digests, without content\n"
		"      --threads N      threads that read and write (two at least), or compress\n"
		"      --progress       say how far it is also where there is no terminal\n",
	.run = run,
};
