// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar restore: a checkpoint back into an empty cgroup, without a mount. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/**
 * struct job - a restore
 * @made: the cgroup is of our making, and goes if nothing comes of it
 */
struct job {
	struct source src;
	struct options opts;
	struct cgroup cg;
	const char *cgroup;
	bool check, made, tell;
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

static int verify(struct job *j, struct errlist *why)
{
	unsigned int unwritten;
	int r = source_manifest(&j->src, why);

	if (!r)
		manifest_verify(j->src.man, why, &unwritten);
	return why->first;
}

/* With --check whatever else is wrong is said as well, and nothing is made. */
static int restore(struct job *j, struct errlist *why)
{
	int hold, r;

	progress_begin(&j->src.progress, j->tell);
	r = source_open(&j->src, why);
	if (!r)
		r = verify(j, why);
	if (j->check && j->src.top)
		return restore_check(j->src.tree, j->src.top, &j->cg, &j->opts, why) ?: r;
	if (r < 0)
		return r;
	hold = cgroup_hold(&j->cg, true);
	r = restore_run(j->src.tree, j->src.top, &j->cg, &j->opts, why);
	if (hold >= 0)
		close(hold);
	if (r < 0 && !why->first)
		errlist_add(why, r, "tasks", "restore the container: try again");
	return r;
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
	source_close(&j->src);
	if (j->cg.dir >= 0)
		cgroup_close(&j->cg);
	if (j->made && (r < 0 || j->check))
		rmdir(j->cgroup);
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
			j.src.offset = strtoll(optarg, NULL, 10);
		else if (o == 'c')
			j.check = true;
		else if (o == 'P')
			j.tell = true;
		else if (o == 'b' && source_base(&j.src, optarg) < 0)
			return cmd_wrong(c, "--base: not so many");
		else if (o == 'b')
			continue;
		else if (options_parse(optarg, &j.opts, &e) < 0)
			return say(&e), EXIT_TROUBLE;
	}
	if (optind < argc)
		return cmd_wrong(c, "%s: it takes no such argument", argv[optind]);
	if (!j.cgroup)
		return cmd_wrong(c, "--cgroup: name the cgroup to restore into");
	j.opts.cgroup = j.cgroup;
	return run_job(&j);
}

const struct cmd cmd_restore = {
	.name = "restore",
	.args = "[-f CHECKPOINT] [--base CHECKPOINT] --cgroup DIR [-o OPTION,...] [--check]",
	.what = "bring a container back into an empty cgroup",
	.help = "  -f, --file FILE      the checkpoint; - or nothing: standard input\n"
		"      --base FILE      what it was made since; several from the newest to the oldest\n"
		"      --cgroup DIR     the cgroup; made if it does not exist\n"
		"  -o, --options LIST   files=strict|same|lax, external=NAME=THING, lossy: see crfs(8)\n"
		"      --check          make nothing, and say everything that stands against it\n"
		"      --offset N       the archive begins behind so many bytes of its file\n"
		"      --progress       say how far it is also where there is no terminal\n",
	.run = run,
};
