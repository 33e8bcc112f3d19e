// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crtar core: a process of a checkpoint as an ELF core, for gdb.
 *
 * A segment is a run of memory that the checkpoint has, or of anonymous memory that it has not
 * (zeros, which take no room in the file), or of a file's pages that nobody has written: that one is
 * without content, and gdb takes it from the file. It is written from front to back, so that it can
 * go through a pipe.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "memory.h"

#define PAGE 4096
#define ZERO_MAX (1ULL << 30)	/* anonymous memory beyond which untouched parts are left out */

/**
 * struct core - a core being written
 * @seg, @nr: its segments, PT_LOAD
 * @fd, @at: where it goes, and how far it is; @seeks: holes are left and not written
 */
struct core {
	struct look l;
	const struct iobj *task, *mm;
	const char *name;
	Elf64_Phdr *seg;
	size_t nr, room;
	struct notes notes;
	int fd;
	off_t at;
	bool seeks;
};

static int add_segment(struct core *c, uint64_t start, uint64_t end, unsigned int prot, bool filled)
{
	Elf64_Phdr *last = c->nr ? &c->seg[c->nr - 1] : NULL, *seg;
	unsigned int flags = (prot & 1 ? PF_R : 0) | (prot & 2 ? PF_W : 0) | (prot & 4 ? PF_X : 0);

	if (last && last->p_vaddr + last->p_memsz == start && last->p_flags == flags &&
	    !last->p_filesz == !filled) {
		last->p_memsz += end - start;
		last->p_filesz = filled ? last->p_memsz : 0;
		return 0;
	}
	if (c->nr == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		seg = realloc(c->seg, c->room * sizeof(*seg));
		if (!seg)
			return -ENOMEM;
		c->seg = seg;
	}
	c->seg[c->nr++] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = flags, .p_vaddr = start,
					.p_memsz = end - start, .p_align = PAGE,
					.p_filesz = filled ? end - start : 0 };
	return 0;
}

static int add_mapping(struct core *c, const struct crfs_vma *v)
{
	bool zeros = v->kind != CRFS_VMA_FILE && v->end - v->start <= ZERO_MAX;
	uint64_t at = v->start, end;
	struct node *n;
	off_t off;
	int r = 0;

	if (v->kind == CRFS_VMA_VVAR)
		return 0;
	for (; at < v->end && !r; at = end) {
		end = memory_run(&c->l, c->mm, at, &n, &off);
		r = add_segment(c, at, end, v->prot, n || zeros);
	}
	return r;
}

static int lay_out(struct core *c, struct err *e)
{
	size_t i, nr;
	const struct crfs_vma *v = look_maps(c->mm, &nr);
	int r = 0;

	for (i = 0; i < nr && !r; i++)
		r = add_mapping(c, &v[i]);
	return r < 0 ? fail(e, r, "memory for its segments") : 0;
}

static int put(struct core *c, const void *buf, size_t len, struct err *e)
{
	const char *p = buf;
	ssize_t w;

	for (; len; p += w, len -= w) {
		w = write(c->fd, p, len);
		if (w < 0 && errno == EINTR && !interrupted(e)) {
			w = 0;
			continue;
		}
		if (w <= 0)
			return fail_on(e, w < 0 ? -errno : -ENOSPC, c->name, "write the core: make room for it");
		c->at += w;
	}
	return 0;
}

static int put_zeros(struct core *c, uint64_t len, struct err *e)
{
	static const char zeros[64 << 10];
	int r = 0;

	if (c->seeks && len >= PAGE) {
		if (lseek(c->fd, len, SEEK_CUR) < 0)
			return fail_on(e, -errno, c->name, "write the core");
		c->at += len;
		return 0;
	}
	for (; len && !r; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		r = put(c, zeros, len < sizeof(zeros) ? len : sizeof(zeros), e);
	return r;
}

static int put_memory(struct core *c, struct node *n, off_t off, uint64_t len, struct err *e)
{
	static char buf[1 << 20];
	ssize_t got;
	int r = 0;

	for (; len && !r; len -= got, off += got) {
		got = node_pread(n, buf, len < sizeof(buf) ? len : sizeof(buf), off);
		if (got <= 0)
			return fail_on(e, got < 0 ? (int)got : -EIO, c->mm->path, "read its memory");
		r = interrupted(e) ?: put(c, buf, got, e);
	}
	return r;
}

static int put_segment(struct core *c, const Elf64_Phdr *seg, struct err *e)
{
	uint64_t at = seg->p_vaddr, stop = at + seg->p_filesz, end;
	struct node *n;
	off_t off;
	int r = 0;

	for (; at < stop && !r; at = end) {
		end = memory_run(&c->l, c->mm, at, &n, &off);
		end = end < stop ? end : stop;
		r = n ? put_memory(c, n, off, end - at, e) : put_zeros(c, end - at, e);
	}
	return r;
}

/* With more segments than the header can count, their number stands in a section (elf(5)). */
static int put_headers(struct core *c, struct err *e)
{
	size_t nr = c->nr + 1, i;
	bool many = nr >= PN_XNUM;
	Elf64_Ehdr h = { .e_ident = ELFMAG "\2\1\1", .e_type = ET_CORE, .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT, .e_phoff = sizeof(h) + (many ? sizeof(Elf64_Shdr) : 0),
			 .e_ehsize = sizeof(h), .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = many ? PN_XNUM : nr, .e_shoff = many ? sizeof(h) : 0,
			 .e_shnum = many, .e_shentsize = many ? sizeof(Elf64_Shdr) : 0 };
	Elf64_Shdr sh = { .sh_type = SHT_NULL, .sh_size = 1, .sh_info = nr };
	Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = h.e_phoff + nr * sizeof(note),
			    .p_filesz = c->notes.len, .p_align = 4 };
	off_t off = (note.p_offset + note.p_filesz + PAGE - 1) & -(off_t)PAGE;
	int r;

	for (i = 0; i < c->nr; i++) {
		c->seg[i].p_offset = off;
		off += c->seg[i].p_filesz;
	}
	r = put(c, &h, sizeof(h), e);
	if (!r && many)
		r = put(c, &sh, sizeof(sh), e);
	if (!r)
		r = put(c, &note, sizeof(note), e);
	if (!r)
		r = put(c, c->seg, c->nr * sizeof(*c->seg), e);
	if (!r)
		r = put(c, c->notes.p, c->notes.len, e);
	return r ? r : put_zeros(c, -c->at & (PAGE - 1), e);
}

static int write_core(struct core *c, struct err *e)
{
	int r = lay_out(c, e);
	size_t i;

	if (!r)
		r = notes_make(&c->l, c->task, &c->notes, e);
	if (!r)
		r = put_headers(c, e);
	for (i = 0; i < c->nr && !r; i++)
		r = put_segment(c, &c->seg[i], e);
	if (!r && c->seeks && ftruncate(c->fd, c->at) < 0)
		r = fail_on(e, -errno, c->name, "write the core: make room for it");
	return r;
}

/* It gets its name when it is whole. */
static int to_file(struct core *c, struct err *e)
{
	char *temp = NULL;
	int r;

	if (!strcmp(c->name, "-")) {
		if (isatty(STDOUT_FILENO))
			return fail_on(e, -EINVAL, c->name, "a core on a terminal: name a file with -o");
		c->fd = STDOUT_FILENO;
		return write_core(c, e);
	}
	if (asprintf(&temp, "%s.XXXXXX", c->name) < 0)
		return fail(e, -ENOMEM, "memory for its name");
	c->fd = mkostemp(temp, O_CLOEXEC);
	c->seeks = true;
	r = c->fd < 0 ? fail_on(e, -errno, c->name, "make the core") : write_core(c, e);
	if (!r && rename(temp, c->name) < 0)
		r = fail_on(e, -errno, c->name, "give the core its name");
	if (c->fd >= 0)
		close(c->fd);
	if (r < 0 && c->fd >= 0)
		unlink(temp);
	free(temp);
	return r;
}

static int find_task(struct core *c, unsigned int pid, struct err *e)
{
	const struct crfs_task_status *st;
	char name[32];

	snprintf(name, sizeof(name), "tasks/%u", pid);
	if (c->l.live)
		return fail_on(e, -EBUSY, name, "the container runs: freeze it");
	c->task = look_task(&c->l, pid);
	st = c->task ? image_status(c->task) : NULL;
	if (!st)
		return fail_on(e, -ESRCH, name, "there is no such task: crtar ps lists them");
	if (st->state == CRFS_TASK_ZOMBIE)
		return fail_on(e, -ESRCH, name, "it has exited: it has no memory");
	c->mm = image_obj(&c->l.im, IOBJ_MM, st->mm);
	return c->mm ? 0 : fail_on(e, -ENOENT, name, "status: mm %u: there is no such: copy it again", st->mm);
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
	struct core c = { .l.src = { .bytes = BYTES_NONE, .keep = keep, .dir = -1, .cg.dir = -1 }, .fd = -1 };
	struct err e = { .code = 0 };
	unsigned int pid = 0;
	char name[32];
	int o, end;

	while ((o = cmd_option(cmd, argc, argv, "p:o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'o')
			c.name = optarg;
		else
			pid = strtoul(optarg, NULL, 10);
	}
	if (!pid || optind + 1 != argc)
		return cmd_wrong(cmd, "it takes -p PID and a checkpoint");
	snprintf(name, sizeof(name), "core.%u", pid);
	c.name = c.name ? c.name : name;
	if (look_open(&c.l, argv[optind]) < 0)
		return EXIT_NO;
	if (!find_task(&c, pid, &e))
		to_file(&c, &e);
	free(c.seg);
	free(c.notes.p);
	if (e.code)
		say(&e);
	return look_close(&c.l) || e.code ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_core = {
	.name = "core",
	.args = "-p PID [-o FILE] CHECKPOINT",
	.what = "make an ELF core of a process, for gdb",
	.help = "  -p, --pid PID        a process, or the thread of it that gdb shall show first\n"
		"  -o, --output FILE    where to; - is standard output; else core.PID\n",
	.run = run,
};
