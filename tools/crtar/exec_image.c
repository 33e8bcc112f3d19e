// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar exec-image: a checkpoint as a program that, run, is the container again. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "exec_image.h"
#include "field.h"
#include "look.h"

const char *const exec_names[EXEC_NAMES] = { "stdin", "stdout", "stderr", "tty" };

off_t exec_elf_end(int fd)
{
	off_t end, stop;
	Elf64_Ehdr h;
	Elf64_Phdr p;
	int i;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	end = h.e_shoff + (off_t)h.e_shnum * h.e_shentsize;
	for (i = 0; i < h.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), h.e_phoff + i * sizeof(p)) != sizeof(p))
			return -ENOEXEC;
		stop = p.p_offset + p.p_filesz;
		end = stop > end ? stop : end;
	}
	return end;
}

static const char *value(const char *line, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(line, key, n) && line[n] == ' ' ? line + n + 1 : NULL;
}

static void take_line(struct exec_image *x, const char *line)
{
	const char *v;
	int i;

	if ((v = value(line, "main")))
		x->main = strtoul(v, NULL, 10);
	else if ((v = value(line, "options")))
		x->options = v;
	else if ((v = value(line, "external")))
		for (i = 0; i < EXEC_NAMES; i++)
			if (!strcmp(v, exec_names[i]))
				x->wants |= 1U << i;
}

bool exec_find(struct exec_image *x)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? -1 : exec_elf_end(fd);
	char *line, *next;
	bool found;

	*x = (struct exec_image){ .options = "" };
	found = end > 0 && pread(fd, x->block, EXEC_BLOCK, end) == EXEC_BLOCK &&
		!strncmp(x->block, EXEC_MAGIC, strlen(EXEC_MAGIC));
	if (fd >= 0)
		close(fd);
	if (!found)
		return false;
	x->archive = end + EXEC_BLOCK;
	for (line = x->block; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		take_line(x, line);
	}
	return true;
}

/** struct job - an image to be made; @args: of create, which writes the archive */
struct job {
	const char *name, *options;
	struct aside out;
	char block[EXEC_BLOCK];
	char *args[32];
	int nr;
};

static void arg(struct job *j, const char *text)
{
	if (j->nr + 1 < 32)
		j->args[j->nr++] = (char *)text;
}

/* The first of those that have no parent in the container: its init, or what was started first. */
static unsigned int main_task(const struct look *l)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < l->im.nr[IOBJ_TASK]; i++) {
		st = image_status(&l->im.objs[IOBJ_TASK][i]);
		if (st && st->tid == st->tgid && !st->ppid)
			return st->tid;
	}
	return 0;
}

/* What it takes to start it is said in front, so that nothing needs to be read twice then. */
static int describe(struct job *j, const char *checkpoint, struct err *e)
{
	struct look l = { .src = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 } };
	char name[256], wanted[256] = "";
	const struct iobj *o;
	size_t i, len = 0;
	int k, n;

	if (look_open(&l, checkpoint) < 0)
		return -EINVAL;
	for (k = 0; k < EXEC_NAMES; k++) {
		for (i = 0; i < l.im.nr[IOBJ_FILE]; i++) {
			o = &l.im.objs[IOBJ_FILE][i];
			if (o->room && !strcmp(o->room->name, "external") && field_show(o, "name", name, sizeof(name)) &&
			    !strcmp(name, exec_names[k]))
				break;
		}
		if (i < l.im.nr[IOBJ_FILE])
			len += snprintf(wanted + len, sizeof(wanted) - len, "external %s\n", exec_names[k]);
	}
	n = snprintf(j->block, sizeof(j->block), EXEC_MAGIC "main %u\noptions %s\n%s", main_task(&l),
		     j->options, wanted);
	if (l.src.kind == SOURCE_CGROUP)
		fail_on(e, -EINVAL, checkpoint, "a container is no copy yet: crtar create makes one");
	else if (l.live)
		fail_on(e, -EINVAL, checkpoint, "the copy is of a container that ran: freeze it first");
	else if (!main_task(&l))
		fail_on(e, -EINVAL, checkpoint, "there is no task in it that could be waited for");
	else if (n >= EXEC_BLOCK)
		fail(e, -E2BIG, "--options: too long");
	look_close(&l);
	return e->code;
}

static int copy_self(struct job *j, struct err *e)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t end = self < 0 ? -errno : exec_elf_end(self), done = 0;
	ssize_t w = 1;

	while (done < end && w > 0)
		w = sendfile(j->out.fd, self, &done, end - done);
	if (self >= 0)
		close(self);
	if (end < 0)
		return fail(e, end, "read crtar itself");
	if (w <= 0 || write(j->out.fd, j->block, EXEC_BLOCK) != EXEC_BLOCK)
		return fail_on(e, w < 0 ? -errno : -ENOSPC, j->name, "write it: make room for it");
	return 0;
}

/* create writes to where standard output is, behind what stands there already. */
static int append_archive(struct job *j, const char *checkpoint)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), r = EXIT_NO;

	arg(j, "--from");
	arg(j, checkpoint);
	j->args[j->nr] = NULL;
	optind = 0;
	if (out >= 0 && dup2(j->out.fd, STDOUT_FILENO) >= 0)
		r = cmd_create.run(&cmd_create, j->nr, j->args);
	dup2(out, STDOUT_FILENO);
	close(out);
	return r;
}

/* Whoever may run it may read the memory of what it holds: that is the owner alone. */
static int make(struct job *j, const char *checkpoint)
{
	struct err e = { .code = 0 };
	int r = describe(j, checkpoint, &e);

	if (r < 0)
		return e.code ? say(&e) : EXIT_NO;
	r = aside_file(&j->out, j->name, &e);
	if (!r && !aside_is_file(&j->out))
		r = fail_on(&e, -EINVAL, j->name, "a program is a file: name one");
	if (!r)
		r = copy_self(j, &e);
	if (!r && append_archive(j, checkpoint) != EXIT_YES)
		r = -EIO;	/* create has said why */
	if (!r && fchmod(j->out.fd, 0700) < 0)
		r = fail_on(&e, -errno, j->name, "make it a program");
	r = aside_done(&j->out, r, &e);
	if (e.code)
		say(&e);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { "options", required_argument, NULL, 'O' },
		{ "zstd", optional_argument, NULL, 'z' }, { "lz4", optional_argument, NULL, 'z' },
		{ "xz", optional_argument, NULL, 'z' }, { "gzip", optional_argument, NULL, 'z' },
		{ NULL, 0, NULL, 0 }
	};
	struct job j = { .options = "", .args = { "create" }, .nr = 1 };
	struct options opts = { .lossy = false };
	struct err e = { .code = 0 };
	char *copy;
	int o, end;

	while ((o = cmd_option(c, argc, argv, "o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'o')
			j.name = optarg;
		else if (o == 'O')
			j.options = optarg;
		else if (o == 'z')
			arg(&j, argv[optind - 1]);
	}
	if (optind + 1 != argc || !j.name)
		return cmd_wrong(c, "it takes -o FILE and one checkpoint");
	copy = strdup(j.options);
	if (!copy || options_parse(copy, OPTIONS_RESTORE, &opts, &e) < 0)
		return say(&e), EXIT_TROUBLE;
	free(copy);
	return make(&j, argv[optind]);
}

const struct cmd cmd_exec_image = {
	.name = "exec-image",
	.args = "-o FILE [OPTION...] CHECKPOINT",
	.what = "make a program of a checkpoint: run, it is the container again",
	.help = "  -o, --output FILE    the program\n"
		"      --options LIST   as for restore -o, whenever it is run\n"
		"      --zstd[=LEVEL], --lz4[=LEVEL], --xz[=LEVEL], --gzip[=LEVEL]\n"
		"                       as for create\n"
		"\nWhat was declared external as stdin, stdout, stderr or tty is that of whoever runs it.\n",
	.run = run,
};
