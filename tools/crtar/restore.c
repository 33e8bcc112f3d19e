// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar restore: a checkpoint back into an empty cgroup, without a mount. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeder.h"
#include "json.h"
#include "lazy.h"

/**
 * struct job - a restore
 * @made: the cgroup is of our making, and goes if nothing comes of it
 */
struct job {
	struct source src;
	struct options opts;
	struct cgroup cg;
	const char *cgroup;
	bool check, json, made, tell, lazily;
	struct lazy lazy;
};

/* Before anything is read: reading may take long, and this needs none of it. */
static int open_empty(struct job *j, struct err *e)
{
	enum cgroup_state state;
	struct stat st;
	int r;

	j->made = stat(j->cgroup, &st) < 0 && errno == ENOENT;
	r = cgroup_open(j->cgroup, true, &j->cg, e);
	if (r < 0) {
		j->cg.dir = -1;
		return r;
	}
	r = cgroup_refuse_own(&j->cg, e);
	if (!r)
		r = cgroup_state(&j->cg, &state, e);
	if (!r && state != CGROUP_EMPTY)
		r = fail_on(e, -EBUSY, j->cg.path, "there are tasks: restore into an empty cgroup");
	return r;
}

/* Pages that are fed are held against it on their way, and others before the engine reads them. */
static void trust_pages(struct job *j)
{
	struct entry *en;
	struct member *m;
	size_t i;

	for (i = 0; i < j->src.man->n; i++) {
		en = &j->src.man->v[i];
		if (!en->node || !source_is_page(en->node) || en->node->digest_known)
			continue;
		m = en->node->front;
		memcpy(en->node->digest, en->line.digest, sizeof(en->line.digest));
		m->algorithm = en->line.algorithm;
		m->trusted = en->node->digest_known = true;
	}
}

static int verify(struct job *j, struct errlist *why)
{
	int r = source_manifest(&j->src, why);

	if (!r && !j->check)
		trust_pages(j);
	if (!r)
		source_verify(&j->src, why);
	return why->first;
}

static int run_engine(struct job *j, struct feeder *f, struct errlist *why)
{
	int hold = cgroup_hold(&j->cg, true), r;

	j->opts.feed = f ? &f->feed : NULL;
	r = restore_run(j->src.tree, j->src.top, &j->cg, &j->opts, why);
	if (hold >= 0)
		close(hold);
	if (r < 0 && !why->first)
		errlist_add(why, r, "tasks", "restore the container: try again");
	return r;
}

/*
 * A stream that has come to its first page: try with what is there. Where that does not do, since more
 * of it is needed or something stands against it, nothing was made, and all of it is read first.
 */
static int restore_stream(struct job *j, struct feeder *f, struct errlist *why)
{
	struct errlist first = { .text = NULL };
	struct err e = { .code = 0 };
	bool try = !j->check && j->src.top && !j->src.bases;
	int r = try ? run_engine(j, f, &first) : -EAGAIN;

	if (f->begun) {
		*why = first;
		return r;
	}
	errlist_clear(&first);
	f->src->feeder = NULL;
	if (archive_more(&j->src, &e) < 0)
		return errlist_take(why, &e), e.code;
	return source_root(&j->src, why);
}

static bool keep_payload(struct source *s, struct node *n)
{
	(void)s;
	return !source_is_page(n);
}

static int be_lazy(struct job *j, struct feeder *f, struct errlist *why)
{
	struct err e = { .code = 0 };

	if (j->src.bases || !source_anywhere(&j->src))
		fail_on(&e, -ESPIPE, j->src.name, "--lazy: its pages cannot be read out of order: name an archive in a "
			"file that is not compressed, or was made with --index, or a directory");
	else if (!j->check)
		lazy_can(&j->lazy, &e);
	if (e.code)
		return errlist_take(why, &e), e.code;
	f->lazy = &j->lazy;
	f->feed.lazy = true;
	return 0;
}

/* With --check whatever else is wrong is said as well, and nothing is made. */
static int restore_rest(struct job *j, struct feeder *f, struct errlist *why)
{
	int r = verify(j, why);

	if (!r && j->lazily)
		r = be_lazy(j, f, why);
	if (j->check && j->src.top)
		return restore_check(j->src.tree, j->src.top, &j->cg, &j->opts, why) ?: r;
	return r < 0 ? r : run_engine(j, f, why);
}

static int restore(struct job *j, struct errlist *why)
{
	struct feeder f;
	int r;

	feeder_init(&f, &j->src);
	progress_begin(&j->src.progress, j->tell);
	j->src.apart = j->src.pauses = true;
	if (j->check) {
		j->src.bytes = BYTES_DIGEST;
		j->src.keep = keep_payload;
	}
	r = source_open(&j->src, why);
	if (!r && archive_paused(&j->src) && j->lazily && !j->check)
		return feeder_free(&f), be_lazy(j, &f, why);
	if (!r && archive_paused(&j->src))
		r = restore_stream(j, &f, why);
	if (!f.begun && (!r || j->check))
		r = restore_rest(j, &f, why);
	feeder_free(&f);
	return r;
}

static void print_json(const struct job *j, const struct errlist *why)
{
	struct json out = { .depth = 0 };

	json_open(&out, NULL, '{');
	json_str(&out, "checkpoint", j->src.name, strlen(j->src.name));
	json_str(&out, "cgroup", j->cgroup, strlen(j->cgroup));
	json_plain(&out, "restores", why->first ? "false" : "true", why->first ? 5 : 4);
	json_reasons(&out, why);
	json_close(&out, '}');
}

static int run_job(struct job *j)
{
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	int r = open_empty(j, &e);

	if (r < 0)
		errlist_take(&why, &e);
	else
		r = restore(j, &why);
	/* Who brings the pages has this memory as well: what is given back of it is copied first, page by page. */
	if (!j->lazily || r < 0)
		source_close(&j->src);
	if (j->cg.dir >= 0)
		cgroup_close(&j->cg);
	if (j->made && (r < 0 || j->check))
		rmdir(j->cgroup);
	if (j->json)
		print_json(j, &why);
	if (r < 0)
		say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "cgroup", required_argument, NULL, 'g' }, { "file", required_argument, NULL, 'f' },
		{ "options", required_argument, NULL, 'o' }, { "check", no_argument, NULL, 'c' },
		{ "progress", no_argument, NULL, 'P' }, { "base", required_argument, NULL, 'b' },
		{ "offset", required_argument, NULL, 'O' },
		{ "json", no_argument, NULL, 'j' }, { "lazy", no_argument, NULL, 'l' }, { "log", required_argument, NULL, 'L' },
		{ NULL, 0, NULL, 0 }
	};
	struct job j = { .src = { .name = "-", .bytes = BYTES_KEEP, .dir = -1, .cg.dir = -1 },
			 .cg.dir = -1 };
	struct err e = { .code = 0 };
	int o, end;

	while ((o = cmd_option(c, argc, argv, "f:o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'g')
			j.cgroup = optarg;
		else if (o == 'f')
			j.src.name = optarg;
		else if (o == 'O')
			j.src.offset = number(optarg, 0, LLONG_MAX);
		else if (o == 'c')
			j.check = true;
		else if (o == 'j')
			j.json = true;
		else if (o == 'P')
			j.tell = true;
		else if (o == 'l')
			j.lazily = true;
		else if (o == 'L')
			j.lazy.log = optarg;
		else if (o == 'b' && source_base(&j.src, optarg) < 0)
			return cmd_wrong(c, "--base: not so many");
		else if (o == 'b')
			continue;
		else if (options_parse(optarg, OPTIONS_RESTORE, &j.opts, &e) < 0)
			return say(&e), EXIT_TROUBLE;
	}
	if (optind < argc)
		return cmd_wrong(c, "%s: it takes no such argument", argv[optind]);
	if (j.src.offset < 0)
		return cmd_wrong(c, "--offset: a number of bytes");
	if (!j.cgroup)
		return cmd_wrong(c, "--cgroup: name the cgroup to restore into");
	if (j.json && !j.check)
		return cmd_wrong(c, "--json: with --check only");
	if (j.lazy.log && !j.lazily)
		return cmd_wrong(c, "--log: with --lazy only");
	j.opts.cgroup = j.cgroup;
	j.lazy.cg = &j.cg;
	j.lazy.src = &j.src;
	return run_job(&j);
}

const struct cmd cmd_restore = {
	.name = "restore",
	.args = "[-f CHECKPOINT] [--base CHECKPOINT] --cgroup DIR [-o OPTION,...] [--check | --lazy]",
	.what = "bring a container back into an empty cgroup",
	.help = "  -f, --file FILE      the checkpoint; - or nothing: standard input\n"
		"      --base FILE      what it was made since; several from the newest to the oldest\n"
		"      --cgroup DIR     the cgroup; made if it does not exist\n"
		"  -o, --options LIST   files=strict|same|lax, external=NAME=THING, lossy: see crfs(8)\n"
		"      --check          make nothing, and say everything that stands against it\n"
		"      --json           with --check: for programs\n"
		"      --offset N       the archive begins behind so many bytes of its file\n"
		"      --lazy           let it run at once; its memory comes when it is touched, and in the\n"
		"                       background\n"
		"      --log FILE       where what goes wrong after that is said; else to syslog(3)\n"
		"      --progress       say how far it is also where there is no terminal\n",
	.run = run,
};
