// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar core: a process of a checkpoint as an ELF core, written from front to back, so also into a pipe. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "elfcore.h"
#include "look.h"
#include "memory.h"

#define PAGE 4096
#define PIECE (1 << 20)

/** struct job - @name, @fd: where it goes; @seeks: holes are left and not written */
struct job {
	struct look l;
	const char *name;
	unsigned int pid;
	struct elfcore *core;
	int fd;
	bool seeks;
};

static int put(struct job *j, const char *p, size_t len, struct err *e)
{
	ssize_t w;

	for (; len; p += w, len -= w) {
		w = write(j->fd, p, len);
		if (w < 0 && errno == EINTR && !interrupted(e)) {
			w = 0;
			continue;
		}
		if (w <= 0)
			return fail_on(e, w < 0 ? -errno : -ENOSPC, j->name, "write the core: make room for it");
	}
	return 0;
}

/* Leaves what is a hole from @off on. Return: where it goes on, or a negative errno */
static off_t skip(struct job *j, off_t off, struct err *e)
{
	off_t to = elfcore_hole(j->core, off, true);

	if (to == -ENXIO)
		to = elfcore_size(j->core);
	if (to - off < PAGE)
		return off;
	return lseek(j->fd, to, SEEK_SET) < 0 ? fail_on(e, -errno, j->name, "write the core") : to;
}

static int write_core(struct job *j, struct err *e)
{
	off_t off = 0, size = elfcore_size(j->core), end = size;
	char *buf = malloc(PIECE);
	ssize_t got;
	int r = buf ? 0 : fail(e, -ENOMEM, "memory to write it");

	while (!r && off < size && !(r = interrupted(e))) {
		if (j->seeks) {
			off = skip(j, off, e);
			if (off < 0 || off >= size)
				break;
			end = elfcore_hole(j->core, off, false);
		}
		got = elfcore_pread(j->core, buf, end - off < PIECE ? end - off : PIECE, off);
		r = got <= 0 ? fail_on(e, got < 0 ? (int)got : -EIO, j->name, "read its memory") :
			       put(j, buf, got, e);
		off += got;
	}
	if (!r && j->seeks && !e->code && ftruncate(j->fd, size) < 0)
		fail_on(e, -errno, j->name, "write the core: make room for it");
	free(buf);
	return e->code;
}

static int to_file(struct job *j, struct err *e)
{
	struct aside a;

	if (!strcmp(j->name, "-")) {
		if (isatty(STDOUT_FILENO))
			return fail_on(e, -EINVAL, j->name, "a core on a terminal: name a file with -o");
		j->fd = STDOUT_FILENO;
		return write_core(j, e);
	}
	if (aside_file(&a, j->name, e) < 0)
		return e->code;
	j->fd = a.fd;
	j->seeks = aside_is_file(&a);
	return aside_done(&a, write_core(j, e), e);
}

static int make_core(struct job *j, struct err *e)
{
	char name[32];
	int r;

	snprintf(name, sizeof(name), "tasks/%u", j->pid);
	if (j->l.live)
		return fail_on(e, -EBUSY, name, "the container runs: freeze it");
	r = elfcore_new(&j->l.im, j->pid, &j->core, e) ?: to_file(j, e);
	return r < 0 ? fail_on(e, r, j->name, "write the core") : 0;
}

static bool keep(struct source *s, struct node *n)
{
	return memory_keep_pages(s, n) || !strcmp(n->name, "data");
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "pid", required_argument, NULL, 'p' }, { "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 }
	};
	struct job j = { .l.src = { .bytes = BYTES_NONE, .keep = keep, .apart = true, .dir = -1, .cg.dir = -1 }, .fd = -1 };
	struct err e = { .code = 0 };
	char name[32];
	long long pid = 0;
	int o, end;

	while ((o = cmd_option(cmd, argc, argv, "p:o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'o')
			j.name = optarg;
		else
			pid = number(optarg, 1, UINT_MAX);
	}
	if (pid < 0)
		return cmd_wrong(cmd, "-p: a number");
	j.pid = pid;
	if (!j.pid || optind + 1 != argc)
		return cmd_wrong(cmd, "it takes -p PID and a checkpoint");
	snprintf(name, sizeof(name), "core.%u", j.pid);
	j.name = j.name ? j.name : name;
	if (look_open(&j.l, argv[optind]) < 0)
		return EXIT_NO;
	make_core(&j, &e);
	elfcore_free(j.core);
	if (e.code)
		say(&e);
	return look_close(&j.l) || e.code ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_core = {
	.name = "core",
	.args = "-p PID [-o FILE] CHECKPOINT",
	.what = "make an ELF core of a process, for gdb",
	.help = "  -p, --pid PID        a process, or the thread of it that gdb shall show first\n"
		"  -o, --output FILE    where to; - is standard output; else core.PID\n",
	.run = run,
};
