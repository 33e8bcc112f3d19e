// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The helper of the kernel filesystem: started by it when what was copied into a mount is complete, it puts the
 * container back with the engine that the FUSE filesystem and crtar have.
 *
 *	restore restore|verify|check cgroup=DIR id=N files=POLICY caller=PID [lossy] [external=NAME=THING]...
 *	restore net ...		look.c
 *	restore guard ...	guard.c
 *	restore vfork		vfork.c
 *
 * Reasons go to FD_REPORT, a line each, and become .crfs/error; the exit status is the errno of the first.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/format.h>

#include "drop.h"
#include "external.h"
#include "manifest.h"
#include "nofile.h"
#include "restore.h"

enum mode { MODE_RESTORE, MODE_VERIFY, MODE_CHECK };

/* struct job - @id: of the cgroup, as its inode number, 0: it is to be made */
struct job {
	enum mode mode;
	unsigned long long id;
	pid_t caller;
	struct options opts;
	struct cgroup cg;
	struct stage stage;
	struct tree *tree;
	struct manifest *man;
};

static int word(const char *given, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(given, words[i]))
			return i;
	return -1;
}

static int take_args(struct job *j, int argc, char **argv)
{
	static const char *const modes[] = { "restore", "verify", "check", NULL };
	static const char *const policies[] = { "same", "strict", "lax", NULL };
	int i, mode = argc > 1 ? word(argv[1], modes) : -1, files = 0;

	for (i = 2; i < argc; i++) {
		if (!strncmp(argv[i], "cgroup=", 7))
			j->opts.cgroup = argv[i] + 7;
		else if (!strncmp(argv[i], "id=", 3))
			j->id = strtoull(argv[i] + 3, NULL, 10);
		else if (!strncmp(argv[i], "caller=", 7))
			j->caller = atoi(argv[i] + 7);
		else if (!strncmp(argv[i], "files=", 6))
			files = word(argv[i] + 6, policies);
		else if (!strcmp(argv[i], "lossy"))
			j->opts.lossy = true;
		else if (!strncmp(argv[i], "external=", 9) && !external_add(&j->opts, argv[i] + 9))
			continue;
		else
			return -EINVAL;
	}
	if (mode < 0 || files < 0 || !j->opts.cgroup || j->caller <= 0)
		return -EINVAL;
	j->mode = mode;
	j->opts.files = files;
	return 0;
}

/* The directory that holds the manifest. */
static int find_manifest(struct job *j, struct errlist *why)
{
	struct node *n, *file = NULL;
	struct err e = { .code = 0 };
	char path[PATH_MAX];

	for (n = tree_root(j->tree); n; n = tree_next(n, NULL)) {
		if (n->kind == NODE_DIR || strcmp(n->name, CRFS_MANIFEST))
			continue;
		if (file)
			errlist_add(why, -EEXIST, tree_path(n, NULL, path, sizeof(path)),
				    "another checkpoint begins here: copy one at a time");
		file = n;
	}
	if (!file)
		errlist_add(why, -ENOENT, CRFS_MANIFEST, "there is none yet: copy it");
	else if (!why->first && manifest_parse(file, &j->man, &e) < 0)
		errlist_take(why, &e);
	return why->first;
}

static void link_files(struct job *j)
{
	struct entry *en;
	struct node *n;
	char path[PATH_MAX];

	for (en = j->man->v; en < j->man->v + j->man->n; en++) {
		snprintf(path, sizeof(path), "%.*s", (int)en->line.path.len, en->line.path.p);
		n = tree_path_find(j->tree, j->man->top, path);
		if (!n || n->kind == NODE_DIR)
			continue;
		((struct front *)n->front)->entry = en;
		en->node = n;
		j->man->missing--;
	}
}

static int open_cgroup(struct job *j, struct err *e)
{
	struct stat st;
	int r = cgroup_open(j->opts.cgroup, true, &j->cg, e);

	if (r < 0)
		return r;
	if (fstat(j->cg.dir, &st) < 0)
		return fail_on(e, -errno, j->cg.path, "look at it");
	if (j->id && st.st_ino != j->id)
		return fail_on(e, -ESTALE, j->cg.path, "it is not the cgroup that is mounted: mount this one");
	return cgroup_refuse_own(&j->cg, e);
}

static int restore(struct job *j, struct errlist *why)
{
	int hold = cgroup_hold(&j->cg, true);
	int r = restore_run(j->tree, j->man->top, &j->cg, &j->opts, why);

	if (hold >= 0)
		close(hold);
	return r;
}

static int act(struct job *j, struct errlist *why)
{
	struct node *top = tree_root(j->tree);
	unsigned int unwritten;
	int r = find_manifest(j, why);

	if (!r) {
		link_files(j);
		manifest_verify(j->man, why, &unwritten);
		top = j->man->top;
		r = why->first;
	}
	if (j->mode == MODE_CHECK)
		return restore_check(j->tree, top, &j->cg, &j->opts, why) ?: r;
	return r || j->mode == MODE_VERIFY ? r : restore(j, why);
}

static int prepare(struct job *j, struct err *e)
{
	int r = 0;

	stage_init(&j->stage);
	j->tree = tree_new();
	if (!j->tree)
		return fail(e, -ENOMEM, "memory for a tree");
	r = load_tree(&j->stage, j->tree, e);
	if (!r)
		r = enter(j->caller, e);
	if (!r && drop_capabilities() < 0)
		r = fail(e, -EPERM, "drop capabilities");
	return r ? r : open_cgroup(j, e);
}

static void report(const struct errlist *why)
{
	size_t done = 0;
	ssize_t w;

	for (; done < why->len; done += w) {
		w = write(FD_REPORT, why->text + done, why->len - done);
		if (w <= 0)
			return;
	}
}

int main(int argc, char **argv)
{
	struct errlist why = { .text = NULL };
	struct err e = { .code = 0 };
	struct job j = { .cg.dir = -1 };
	const bool looks = argc > 1 && !strcmp(argv[1], "net"), guards = argc > 1 && !strcmp(argv[1], "guard");
	const bool vforks = argc > 1 && !strcmp(argv[1], "vfork");
	int r;

	if (fcntl(FD_ROOT, F_SETFD, FD_CLOEXEC) < 0 || fcntl(FD_REPORT, F_SETFD, FD_CLOEXEC) < 0 ||
	    (!looks && !guards && !vforks && take_args(&j, argc, argv) < 0)) {
		fprintf(stderr, "The kernel starts this program: see crfs(8)\n");
		return EINVAL;
	}
	if (nofile_std() < 0)
		return EIO;
	if (looks)
		return look(argc, argv);
	if (guards)
		return guard(argc, argv);
	if (vforks)
		return vfork_settle();
	nofile_raise();
	r = prepare(&j, &e);
	if (r < 0)
		errlist_take(&why, &e);
	else
		r = act(&j, &why);
	if (r < 0 && !why.first)
		errlist_add(&why, r, "tasks", "restore the container: try again");
	report(&why);
	return -why.first & 0x7f;
}
