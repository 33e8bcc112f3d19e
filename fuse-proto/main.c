// SPDX-License-Identifier: GPL-2.0-or-later
/* crfs: mount a cgroup's tasks as files. Options and exit status. */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "external.h"
#include "fuse.h"
#include "nofile.h"

/** struct args - the command line */
struct args {
	char *cgroup, *digest, *files, *tcp;
	char *names[2];
	int nr_names;
	int lossy, allow_other, foreground, debug, help, version, no_through;
	struct options declared;	/* its externals */
};

enum { KEY_IGNORE, KEY_EXTERNAL };

#define OPT(t, m, v) { t, offsetof(struct args, m), v }
static const struct fuse_opt table[] = {
	OPT("cgroup=%s", cgroup, 0),
	OPT("digest=%s", digest, 0),
	OPT("files=%s", files, 0),
	OPT("tcp=%s", tcp, 0),
	FUSE_OPT_KEY("external=", KEY_EXTERNAL),
	OPT("lossy", lossy, 1),
	OPT("allow_other", allow_other, 1),
	OPT("no_passthrough", no_through, 1),
	OPT("-f", foreground, 1),
	OPT("-d", debug, 1),
	OPT("-h", help, 1),
	OPT("--help", help, 1),
	OPT("-V", version, 1),
	OPT("--version", version, 1),
	/* mount(8)'s own, and what mount.fuse passes on of fstab */
	FUSE_OPT_KEY("rw", KEY_IGNORE), FUSE_OPT_KEY("defaults", KEY_IGNORE),
	FUSE_OPT_KEY("auto", KEY_IGNORE), FUSE_OPT_KEY("noauto", KEY_IGNORE),
	FUSE_OPT_KEY("user", KEY_IGNORE), FUSE_OPT_KEY("nouser", KEY_IGNORE),
	FUSE_OPT_KEY("users", KEY_IGNORE), FUSE_OPT_KEY("nofail", KEY_IGNORE),
	FUSE_OPT_KEY("_netdev", KEY_IGNORE), FUSE_OPT_KEY("x-", KEY_IGNORE),
	FUSE_OPT_END
};

static int take_external(struct args *a, const char *arg)
{
	const char *why = external_add(&a->declared, arg + strlen("external="));

	if (!why)
		return 0;
	fprintf(stderr, "crfs: EINVAL %s: %s\n", arg, why);
	exit(1);
}

static int take_arg(void *data, const char *arg, int key, struct fuse_args *out)
{
	struct args *a = data;

	(void)out;
	if (key == KEY_IGNORE || (key == FUSE_OPT_KEY_OPT && !strncmp(arg, "x-", 2)))
		return 0;
	if (key == KEY_EXTERNAL)
		return take_external(a, arg);
	if (key != FUSE_OPT_KEY_NONOPT)
		return 1;
	if (a->nr_names == 2)
		return -1;
	a->names[a->nr_names++] = strdup(arg);
	return 0;
}

static int usage(FILE *f)
{
	fprintf(f, "Usage: crfs [SOURCE] MOUNTPOINT -o cgroup=DIR[,OPTION...] [-f] [-d]\n"
		"Shows the tasks of a cgroup as files, and makes tasks of such files.\n\n"
		"  -o cgroup=DIR     the cgroup; made if it does not exist\n"
		"  -o digest=KIND    of the manifest: xxh64 (default) or sha256\n"
		"  -o files=POLICY   at restore, open files must be: strict, same (default), lax\n"
		"  -o tcp=POLICY     connections with a peer outside: refuse (default), guard\n"
		"  -o external=NAME=THING  what stays outside, and what takes its place\n"
		"  -o lossy          allow what crfs carries with a documented loss\n"
		"  -o allow_other    let other users in, as far as the modes let them\n"
		"  -o no_passthrough copy all data through the daemon\n"
		"  -f  stay in the foreground    -d  the same, and print each request\n"
		"  -h  this text                 -V  versions\n");
	return f == stdout ? 0 : 1;
}

static int word(const char *given, const char *const *words, const char *what)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!given || !strcmp(given, words[i]))
			return i;
	fprintf(stderr, "crfs: EINVAL %s=%s: not one of", what, given);
	for (i = 0; words[i]; i++)
		fprintf(stderr, " %s", words[i]);
	fprintf(stderr, "\n");
	return -1;
}

static int take_options(const struct args *a, struct options *o)
{
	static const char *const digests[] = { "xxh64", "sha256", NULL };
	static const char *const policies[] = { "same", "strict", "lax", NULL };
	static const char *const peers[] = { "refuse", "guard", NULL };
	int digest = word(a->digest, digests, "digest");
	int files = word(a->files, policies, "files");
	int tcp = word(a->tcp, peers, "tcp");

	if (digest < 0 || files < 0 || tcp < 0)
		return -1;
	*o = (struct options){ .cgroup = a->cgroup, .digest = digest, .files = files,
			       .tcp = tcp, .lossy = a->lossy, .external = a->declared.external };
	return 0;
}

/* Options for libfuse, and for what mount(8) and df show. */
static int add_options(struct fuse_args *args, const struct args *a)
{
	char source[64];

	snprintf(source, sizeof(source), "-ofsname=%s,subtype=crfs",
		 a->nr_names == 2 && !strpbrk(a->names[0], ",\\") ? a->names[0] : "crfs");
	if (fuse_opt_add_arg(args, source))
		return -1;
	/* others have the rights that modes and owner give them, and no more */
	if (a->allow_other && fuse_opt_add_arg(args, "-oallow_other,default_permissions"))
		return -1;
	return a->debug ? fuse_opt_add_arg(args, "-d") : 0;
}

/*
 * One heap for all threads: each further one of glibc's grows by single pages, with a system call for
 * each, and most of what is allocated is allocated with the mount's lock held anyway.
 */
static void set_heap(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TOP_PAD, 1 << 20);
}

static int check(const struct args *a, const char *mountpoint)
{
	struct stat st;

	if (!mountpoint || !a->cgroup)
		return usage(stderr);
	if (stat(mountpoint, &st) < 0) {
		fprintf(stderr, "crfs: %s %s: mount on it: make the directory\n", err_name(errno),
			mountpoint);
		return 1;
	}
	if (S_ISDIR(st.st_mode))
		return 0;
	fprintf(stderr, "crfs: ENOTDIR %s: mount on it: name a directory\n", mountpoint);
	return 1;
}

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	struct args a = { .cgroup = NULL };
	struct options opts;
	struct crfs *c;
	char *point;
	int r;

	if (nofile_std() < 0)
		return 1;
	if (fuse_opt_parse(&args, &a, table, take_arg) < 0)
		return usage(stderr);
	if (a.help)
		return usage(stdout);
	if (a.version) {
		printf("crfs, tree format 1, libfuse %s\n", fuse_pkgversion());
		return 0;
	}
	r = check(&a, a.nr_names ? a.names[a.nr_names - 1] : NULL);
	if (r || take_options(&a, &opts) < 0)
		return 1;
	point = realpath(a.names[a.nr_names - 1], NULL);
	c = calloc(1, sizeof(*c));
	if (!c || !point || add_options(&args, &a))
		return 1;
	nofile_raise();
	set_heap();
	c->no_through = a.no_through;
	r = crfs_mount(c, &opts, &args, point, a.foreground || a.debug);
	fuse_opt_free_args(&args);
	free(point);
	free(c);
	return r;
}
