// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar: checkpoints as archives, made, restored, verified and looked into without a mount. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <archive.h>
#include <crfs/format.h>

#include "crtar.h"
#include "exec_image.h"

static const struct cmd *const cmds[] = {
	&cmd_create, &cmd_restore, &cmd_verify, &cmd_seal, &cmd_sign,
	&cmd_ls, &cmd_ps, &cmd_fds, &cmd_maps, &cmd_mem, &cmd_sockets, &cmd_show,
	&cmd_diff, &cmd_core, &cmd_graph, &cmd_map, &cmd_report, &cmd_convert, &cmd_merge, &cmd_exec_image,
	NULL,
};

/* A staged payload keeps a descriptor; there may be tens of thousands of them. */
static void raise_files(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

/* Whoever starts us without standard descriptors would give their numbers to files of ours. */
static bool have_std_files(bool missing[3])
{
	int fd;

	for (fd = 0; fd < 3; fd++) {
		missing[fd] = fcntl(fd, F_GETFD) < 0;
		if (missing[fd] && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return false;
	}
	return true;
}

/* An archive that goes nowhere is not written. Return: is that so? */
static bool refuse_missing(const bool missing[3])
{
	int fd, null;

	for (fd = 0; fd < 3; fd++) {
		if (!missing[fd])
			continue;
		null = open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
		if (null < 0 || dup3(null, fd, O_CLOEXEC) < 0)
			return false;
		close(null);
	}
	return true;
}

static int usage(FILE *f)
{
	const struct cmd *const *c;

	fprintf(f, "Usage: crtar COMMAND [OPTION...] [ARGUMENT...]\n"
		"Makes, restores, verifies and looks into checkpoints of crfs(8).\n\n");
	for (c = cmds; *c; c++)
		fprintf(f, "  %-10s %s\n", (*c)->name, (*c)->what);
	fprintf(f, "\nA CHECKPOINT is an archive (- is standard input), a directory, a mount, or a cgroup.\n"
		"crtar COMMAND --help says more. Exit status: 0 done, 1 refused, damaged or different,\n"
		"2 asked wrongly.\n");
	return f == stdout ? EXIT_YES : EXIT_TROUBLE;
}

/* What was not written is not done: a full disk shows when the last bytes go. @no: what it is to have failed */
static int finish(int r, int no)
{
	if ((fflush(stdout) || ferror(stdout)) && (r == EXIT_YES || no == EXIT_TROUBLE)) {
		fprintf(stderr, "crtar: %s standard output: write to it\n", err_name(errno));
		return no;
	}
	return r;
}

int main(int argc, char **argv)
{
	static struct exec_image image;
	const struct cmd *const *c;
	bool missing[3];

	if (!have_std_files(missing))
		return EXIT_TROUBLE;
	setlocale(LC_CTYPE, "C.UTF-8");	/* names in archives; all that we make are ASCII */
	catch_signals();
	raise_files();
	mallopt(M_ARENA_MAX, 1);
	/* What a frame or an extent was packed with serves the next one, too: fresh pages cost more than the packing. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	if (exec_find(&image))
		return finish(exec_run(&image, argc, argv), EXIT_NO);
	if (!refuse_missing(missing))
		return EXIT_TROUBLE;
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return finish(usage(stdout), EXIT_NO);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("crtar " CRFS_VERSION ", tree format %d, %s\n", CRFS_FORMAT, archive_version_string());
		return finish(EXIT_YES, EXIT_NO);
	}
	for (c = cmds; *c; c++)
		if (!strcmp((*c)->name, argv[1]))
			return finish((*c)->run(*c, argc - 1, argv + 1), *c == &cmd_diff ? EXIT_TROUBLE : EXIT_NO);
	fprintf(stderr, "crtar: EINVAL %s: no such command: see crtar --help\n", argv[1]);
	return EXIT_TROUBLE;
}
