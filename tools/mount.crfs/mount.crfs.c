// SPDX-License-Identifier: GPL-2.0-or-later
/* mount.crfs: what mount(8) runs for -t crfs; the kernel's crfs where there is one, else the FUSE one. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum impl { EITHER, KERNEL, FUSE };

/** struct args - what mount(8) gave: SPEC DIR [-sfnv] [-N NS] [-o OPTIONS] [-t TYPE.SUBTYPE] */
struct args {
	const char *source, *dir;
	char options[4096];
	bool fake, verbose;
};

/**
 * struct choice - our own options, and what they leave to choose
 * @own: "cgroup=...,lossy"
 * @impl: which was asked for
 * @cgroup: of them; @made: by us
 * @external: something is declared to stay outside; @guard: connections are guarded
 * @fuse_only: one that only the FUSE filesystem knows, or @kernel_only; NULL: none
 */
struct choice {
	char own[4096 + PATH_MAX];
	enum impl impl;
	char cgroup[PATH_MAX];
	bool made, external, guard;
	const char *fuse_only, *kernel_only;
};

/* Options that mount(8) keeps for itself or turns into flags; the flags are those of mount(2). */
static const struct {
	const char *name;
	unsigned long set, clear;
} generic[] = {
	{ "rw", 0, MS_RDONLY }, { "ro", MS_RDONLY, 0 },
	{ "suid", 0, MS_NOSUID }, { "nosuid", MS_NOSUID, 0 },
	{ "dev", 0, MS_NODEV }, { "nodev", MS_NODEV, 0 },
	{ "exec", 0, MS_NOEXEC }, { "noexec", MS_NOEXEC, 0 },
	{ "atime", 0, MS_NOATIME }, { "noatime", MS_NOATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME }, { "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 }, { "norelatime", 0, MS_RELATIME },
	{ "strictatime", MS_STRICTATIME, 0 }, { "nostrictatime", 0, MS_STRICTATIME },
	{ "sync", MS_SYNCHRONOUS, 0 }, { "async", 0, MS_SYNCHRONOUS },
	{ "silent", MS_SILENT, 0 }, { "loud", 0, MS_SILENT },
	{ "defaults", 0, 0 }, { "auto", 0, 0 }, { "noauto", 0, 0 }, { "user", 0, 0 },
	{ "nouser", 0, 0 }, { "users", 0, 0 }, { "nousers", 0, 0 }, { "owner", 0, 0 },
	{ "noowner", 0, 0 }, { "group", 0, 0 }, { "nogroup", 0, 0 }, { "nofail", 0, 0 },
	{ "_netdev", 0, 0 },
};

static int generic_index(const char *opt)
{
	unsigned int i;

	for (i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (!strcmp(opt, generic[i].name))
			return i;
	return -1;
}

/* Userspace comments (x-*, comment=) are nobody's business here. */
static bool is_comment(const char *opt)
{
	return !strncmp(opt, "x-", 2) || !strncmp(opt, "X-", 2) || !strncmp(opt, "comment=", 8);
}

/* That of an older version does not have all options, which is told of no mount. */
static bool kernel_takes(const char *key, const char *value)
{
	int fd = fsopen("crfs", FSOPEN_CLOEXEC);
	bool has = fd >= 0 && !fsconfig(fd, FSCONFIG_SET_STRING, key, value, 0);

	if (fd >= 0)
		close(fd);
	return has;
}

/* What one of them does not know, or not with this value. */
static const char *only(const char *opt, bool fuse)
{
	static const char *const fuse_only[] = { "digest=sha256", "allow_other", "no_passthrough", NULL };
	static const char *const kernel_only[] = { "size=", NULL };
	const char *const *o = fuse ? fuse_only : kernel_only;

	while (*o && strncmp(opt, *o, strlen(*o)))
		o++;
	return *o;
}

/* Return: is it @name=VALUE? Then VALUE */
static const char *value_of(const char *opt, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(opt, name, n) && opt[n] == '=' ? opt + n + 1 : NULL;
}

static int take_impl(const char *value, struct choice *ch)
{
	if (!strcmp(value, "kernel"))
		ch->impl = KERNEL;
	else if (!strcmp(value, "fuse"))
		ch->impl = FUSE;
	else
		return -1;
	return 0;
}

static void add_own(struct choice *ch, const char *opt)
{
	size_t len = strlen(ch->own);

	snprintf(ch->own + len, sizeof(ch->own) - len, "%s%s", len ? "," : "", opt);
}

static int take_own(const char *opt, struct choice *ch)
{
	const char *value = value_of(opt, "impl");

	if (value)
		return take_impl(value, ch);
	if (!strcmp(opt, "tcp=refuse"))		/* as it is anyway */
		return 0;
	value = value_of(opt, "cgroup");
	if (value)
		snprintf(ch->cgroup, sizeof(ch->cgroup), "%s", value);
	else
		add_own(ch, opt);
	ch->fuse_only = ch->fuse_only ? ch->fuse_only : only(opt, true);
	ch->external |= !strncmp(opt, "external=", 9);
	ch->guard |= !strcmp(opt, "tcp=guard");
	ch->kernel_only = ch->kernel_only ? ch->kernel_only : only(opt, false);
	return 0;
}

/* Splits the options into mount(2)'s flags and our own. Return: 0 or -1 */
static int split(const char *options, unsigned long *flags, struct choice *ch)
{
	char *copy = strdup(options), *save, *opt;
	int i, r = copy ? 0 : -1;

	for (opt = copy ? strtok_r(copy, ",", &save) : NULL; opt && !r; opt = strtok_r(NULL, ",", &save)) {
		i = generic_index(opt);
		if (i >= 0)
			*flags = (*flags & ~generic[i].clear) | generic[i].set;
		else if (!is_comment(opt))
			r = take_own(opt, ch);
	}
	free(copy);
	return r;
}

static bool kernel_has(void)
{
	FILE *f = fopen("/proc/filesystems", "re");
	char line[128];
	bool has = false;

	while (f && !has && fgets(line, sizeof(line), f))
		has = !strcmp(line, "nodev\tcrfs\n") || !strcmp(line, "\tcrfs\n");
	if (f)
		fclose(f);
	return has;
}

static int trouble(const char *object, const char *what)
{
	fprintf(stderr, "mount.crfs: %s %s: %s: %s\n", strerrorname_np(errno), object, what, strerror(errno));
	return 32;
}

/* An empty cgroup and none are the same; the kernel wants one, by a name that is good everywhere. */
static int find_cgroup(struct choice *ch)
{
	char path[PATH_MAX], opt[PATH_MAX + 16];

	if (!*ch->cgroup) {
		errno = EINVAL;
		return trouble("cgroup", "say which one: -o cgroup=DIR");
	}
	ch->made = !mkdir(ch->cgroup, 0755);
	if (!realpath(ch->cgroup, path))
		return trouble(ch->cgroup, "make the cgroup");
	snprintf(opt, sizeof(opt), "cgroup=%s", path);
	add_own(ch, opt);
	return 0;
}

static int mount_kernel(const struct args *a, unsigned long flags, struct choice *ch)
{
	int r = find_cgroup(ch);

	if (r || !mount(a->source, a->dir, "crfs", flags, ch->own))
		return r;
	r = trouble(a->dir, "mount: dmesg(1) may say more");
	if (ch->made)
		rmdir(ch->cgroup);
	return r;
}

/* The daemon takes flags by their names, "ro,nosuid". */
static void add_flags(unsigned long flags, char *own, size_t size)
{
	size_t len = strlen(own);
	unsigned int i;

	for (i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (generic[i].set & flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC |
					      MS_NOATIME) && len < size)
			len += snprintf(own + len, size - len, "%s%s", len ? "," : "",
					generic[i].name);
}

/* crfs beside this program, as in a build tree, else wherever PATH finds it. */
static int exec_daemon(const struct args *a, char *own)
{
	char self[PATH_MAX], beside[PATH_MAX + 8];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *argv[] = { "crfs", (char *)a->source, (char *)a->dir, "-o", own, NULL };

	if (n > 0) {
		self[n] = '\0';
		snprintf(beside, sizeof(beside), "%s/crfs", dirname(self));
		execv(beside, argv);
	}
	/* mount(8) may have cleared it */
	if (!getenv("PATH"))
		setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execvp("crfs", argv);
	execv("/usr/local/bin/crfs", argv);
	fprintf(stderr, "mount.crfs: %s crfs: run it: install crfs beside mount.crfs or in PATH\n",
		strerrorname_np(errno));
	return 32;
}

static int parse(int argc, char **argv, struct args *a)
{
	size_t len = 0;
	int c;

	while ((c = getopt(argc, argv, "o:sfnvN:t:")) != -1) {
		if (c == 'o' && len < sizeof(a->options))
			len += snprintf(a->options + len, sizeof(a->options) - len, "%s%s",
					len ? "," : "", optarg);
		a->fake |= c == 'f';
		a->verbose |= c == 'v';
		if (c == '?')
			return -1;
	}
	if (argc - optind != 2 || len >= sizeof(a->options))
		return -1;
	a->source = argv[optind];
	a->dir = argv[optind + 1];
	return 0;
}

/* The kernel's where there is one that can do what is asked for. */
static enum impl choose(const struct choice *ch)
{
	if (ch->impl != EITHER)
		return ch->impl;
	if (ch->kernel_only)
		return KERNEL;
	return kernel_has() && !ch->fuse_only ? KERNEL : FUSE;
}

/* What only the FUSE filesystem has, since the module is too old for it. */
static const char *too_new(const struct choice *ch)
{
	if (ch->impl == FUSE || !kernel_has())
		return NULL;
	if (ch->external && !kernel_takes("external", "name=/"))
		return "external=";
	return ch->guard && !kernel_takes("tcp", "guard") ? "tcp=guard" : NULL;
}

/* What was forced and does not go together is said here, where both are known. */
static int check(const struct choice *ch, enum impl impl)
{
	const char *wrong = impl == KERNEL ? ch->fuse_only : ch->kernel_only;

	if (!wrong)
		return 0;
	fprintf(stderr, "mount.crfs: EINVAL %s: the %s filesystem does not have it: %s\n", wrong,
		impl == KERNEL ? "kernel" : "FUSE", impl == KERNEL ? "mount with impl=fuse" : "leave it out");
	return 1;
}

/* Called as mount.fuse.crfs, for -t fuse.crfs, it is FUSE. */
static bool named_fuse(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return !strcmp(slash ? slash + 1 : argv0, "mount.fuse.crfs");
}

int main(int argc, char **argv)
{
	struct args a = { .source = NULL };
	struct choice ch = { .impl = named_fuse(argv[0]) ? FUSE : EITHER };
	unsigned long flags = 0;
	enum impl impl;
	char opt[PATH_MAX + 16];

	if (parse(argc, argv, &a) < 0 || split(a.options, &flags, &ch) < 0) {
		fprintf(stderr, "Usage: mount.crfs SOURCE DIR -o cgroup=DIR[,impl=kernel|fuse][,OPTION...]\n");
		return 1;
	}
	if (!ch.fuse_only)
		ch.fuse_only = too_new(&ch);
	impl = choose(&ch);
	if (a.verbose)
		printf("mount.crfs: %s crfs on %s: cgroup=%s %s\n", impl == KERNEL ? "kernel" : "FUSE", a.dir,
		       ch.cgroup, ch.own);
	if (check(&ch, impl))
		return 1;
	if (a.fake)
		return 0;
	if (impl == KERNEL)
		return mount_kernel(&a, flags, &ch);
	if (*ch.cgroup) {
		snprintf(opt, sizeof(opt), "cgroup=%s", ch.cgroup);
		add_own(&ch, opt);
	}
	add_flags(flags, ch.own, sizeof(ch.own));
	return exec_daemon(&a, ch.own);
}
