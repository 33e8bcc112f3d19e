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
#include <unistd.h>

/** struct args - what mount(8) gave: SPEC DIR [-sfnv] [-N NS] [-o OPTIONS] [-t TYPE.SUBTYPE] */
struct args {
	const char *source, *dir;
	char options[4096];
	bool fake, verbose;
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

/* Splits the options into mount(2)'s flags and our own, "cgroup=...,lossy" into @own. */
static unsigned long split(const char *options, char *own, size_t size)
{
	char *copy = strdup(options), *save, *opt;
	unsigned long flags = 0;
	size_t len = 0;
	int i;

	*own = '\0';
	for (opt = copy ? strtok_r(copy, ",", &save) : NULL; opt; opt = strtok_r(NULL, ",", &save)) {
		i = generic_index(opt);
		if (i >= 0)
			flags = (flags & ~generic[i].clear) | generic[i].set;
		else if (!is_comment(opt) && len < size)
			len += snprintf(own + len, size - len, "%s%s", len ? "," : "", opt);
	}
	free(copy);
	return flags;
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

static int mount_kernel(const struct args *a, unsigned long flags, const char *own)
{
	if (!mount(a->source, a->dir, "crfs", flags, own))
		return 0;
	fprintf(stderr, "mount.crfs: %s %s: mount: %s\n", strerrorname_np(errno), a->dir,
		strerror(errno));
	return 32;
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

int main(int argc, char **argv)
{
	struct args a = { .source = NULL };
	char own[sizeof(a.options) + 128];
	unsigned long flags;
	bool kernel;

	if (parse(argc, argv, &a) < 0) {
		fprintf(stderr, "Usage: mount.crfs SOURCE DIR -o cgroup=DIR[,OPTION...]\n");
		return 1;
	}
	flags = split(a.options, own, sizeof(own));
	kernel = kernel_has();
	if (a.verbose)
		printf("mount.crfs: %s crfs on %s: %s\n", kernel ? "kernel" : "FUSE", a.dir, own);
	if (a.fake)
		return 0;
	if (kernel)
		return mount_kernel(&a, flags, own);
	add_flags(flags, own, sizeof(own));
	return exec_daemon(&a, own);
}
