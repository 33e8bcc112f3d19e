// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process of a checkpoint as an ELF core, computed where it is read.
 *
 * A segment is a run of memory that the checkpoint has, or of anonymous memory that it has not
 * (zeros), or of a file's pages that nobody has written: that one is without content, and gdb takes
 * it from the file. Headers and notes are made at once; of the memory only a list of runs is, so that
 * a core costs nothing until it is read, and can be read anywhere.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elfcore.h"
#include "elfcore_notes.h"
#include "rooms.h"

#define PAGE 4096
#define ZERO_MAX (1ULL << 30)	/* anonymous memory beyond which untouched parts are left out */

/**
 * struct elfcore - a core
 * @head, @head_len: all that stands in front of the memory
 * @seg, @nr: its segments, PT_LOAD
 * @run, @nr_runs: the memory, by offset; @n: NULL: zeros
 */
struct elfcore {
	char *head;
	size_t head_len;
	Elf64_Phdr *seg;
	size_t nr, room;
	struct run {
		off_t at, len;
		struct node *n;
		off_t off;
	} *run;
	size_t nr_runs, room_runs;
	off_t size;
};

static int add_run(struct elfcore *c, off_t len, struct node *n, off_t off)
{
	struct run *more;

	if (c->nr_runs == c->room_runs) {
		c->room_runs = c->room_runs ? 2 * c->room_runs : 256;
		more = realloc(c->run, c->room_runs * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->run = more;
	}
	c->run[c->nr_runs++] = (struct run){ .len = len, .n = n, .off = off };
	return 0;
}

static int add_segment(struct elfcore *c, uint64_t start, uint64_t end, unsigned int prot, bool filled)
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

static int add_mapping(struct elfcore *c, struct imem *mem, const struct iobj *mm, const struct crfs_vma *v)
{
	bool zeros = v->kind != CRFS_VMA_FILE && v->end - v->start <= ZERO_MAX;
	uint64_t at = v->start, end;
	struct node *n;
	off_t off;
	int r = 0;

	if (v->kind == CRFS_VMA_VVAR || v->kind == CRFS_VMA_AIO)
		return 0;
	for (; at < v->end && !r; at = end) {
		end = imem_run(mem, mm, at, &n, &off, NULL);
		r = add_segment(c, at, end, v->prot, n || zeros);
		if (!r && (n || zeros))
			r = add_run(c, end - at, n, off);
	}
	return r;
}

static int lay_out(struct elfcore *c, struct imem *mem, const struct iobj *mm, struct err *e)
{
	size_t i, nr;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &nr);
	int r = 0;

	for (i = 0; i < nr && !r; i++)
		r = add_mapping(c, mem, mm, &v[i]);
	if (!r && imem_failed(mem))
		r = -ENOMEM;
	return r < 0 ? fail(e, r, "memory for its segments") : 0;
}

/* With more segments than the header can count, their number stands in a section (elf(5)). */
static int make_head(struct elfcore *c, const struct notes *notes, struct err *e)
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
			    .p_filesz = notes->len, .p_align = 4 };
	char *p;

	c->head_len = (note.p_offset + note.p_filesz + PAGE - 1) & -(size_t)PAGE;
	p = realloc(c->seg, c->head_len);	/* many segments are not held twice */
	if (!p)
		return fail(e, -ENOMEM, "memory for its headers");
	c->head = p;
	c->seg = memmove(p + h.e_phoff + sizeof(note), p, c->nr * sizeof(*c->seg));
	c->size = c->head_len;
	for (i = 0; i < c->nr; i++) {
		c->seg[i].p_offset = c->size;
		c->size += c->seg[i].p_filesz;
	}
	p = mempcpy(p, &h, sizeof(h));
	if (many)
		p = mempcpy(p, &sh, sizeof(sh));
	p = mempcpy(p, &note, sizeof(note));
	p += c->nr * sizeof(*c->seg);
	if (notes->len)
		p = mempcpy(p, notes->p, notes->len);
	memset(p, 0, c->head + c->head_len - p);
	c->seg = NULL;
	return 0;
}

/* Runs stand behind each other, as the segments with content do. */
static void place_runs(struct elfcore *c)
{
	off_t at = c->head_len;
	size_t i;

	for (i = 0; i < c->nr_runs; i++) {
		c->run[i].at = at;
		at += c->run[i].len;
	}
}

static int find(const struct image *im, unsigned int tid, const struct iobj **task, const struct iobj **mm,
		struct err *e)
{
	const struct crfs_task_status *st;
	char name[32];

	snprintf(name, sizeof(name), "tasks/%u", tid);
	*task = image_obj(im, IOBJ_TASK, tid);
	st = *task ? image_status(*task) : NULL;
	if (!st)
		return fail_on(e, -ESRCH, name, "there is no such task: crtar ps lists them");
	if (st->state == CRFS_TASK_ZOMBIE)
		return fail_on(e, -ESRCH, name, "it has exited: it has no memory");
	*mm = image_obj(im, IOBJ_MM, st->mm);
	return *mm ? 0 : fail_on(e, -ENOENT, name, "status: mm %u: there is no such: copy it again", st->mm);
}

int elfcore_new(const struct image *im, unsigned int tid, struct elfcore **out, struct err *e)
{
	struct elfcore *c = calloc(1, sizeof(*c));
	struct imem *mem = imem_new(im);
	const struct notes_of of = { .im = im, .mem = mem };
	struct notes notes = { .p = NULL };
	const struct iobj *task = NULL, *mm = NULL;
	int r = c && mem ? find(im, tid, &task, &mm, e) : fail(e, -ENOMEM, "memory for a core");

	if (!r)
		r = lay_out(c, mem, mm, e);
	if (!r)
		r = notes_make(&of, task, &notes, e);
	if (!r)
		r = make_head(c, &notes, e);
	if (!r)
		place_runs(c);
	free(notes.p);
	imem_free(mem);
	if (r < 0)
		elfcore_free(c);
	else
		*out = c;
	return r;
}

void elfcore_free(struct elfcore *c)
{
	if (!c)
		return;
	free(c->head);
	free(c->seg);
	free(c->run);
	free(c);
}

off_t elfcore_size(const struct elfcore *c)
{
	return c->size;
}

/* The run at @off, which is behind the head and before the end. */
static const struct run *run_at(const struct elfcore *c, off_t off)
{
	size_t lo = 0, hi = c->nr_runs, mid;

	while (hi - lo > 1) {
		mid = (lo + hi) / 2;
		if (c->run[mid].at <= off)
			lo = mid;
		else
			hi = mid;
	}
	return &c->run[lo];
}

static ssize_t read_part(const struct elfcore *c, char *buf, size_t size, off_t off)
{
	const struct run *x;
	off_t in;

	if (off < (off_t)c->head_len) {
		size = size < c->head_len - off ? size : c->head_len - off;
		memcpy(buf, c->head + off, size);
		return size;
	}
	x = run_at(c, off);
	in = off - x->at;
	size = (off_t)size < x->len - in ? size : (size_t)(x->len - in);
	if (x->n)
		return node_pread(x->n, buf, size, x->off + in);
	memset(buf, 0, size);
	return size;
}

ssize_t elfcore_pread(const struct elfcore *c, void *buf, size_t size, off_t off)
{
	size_t done = 0;
	ssize_t r;

	if (off < 0 || off >= c->size)
		return off < 0 ? -EINVAL : 0;
	size = (off_t)size < c->size - off ? size : (size_t)(c->size - off);
	for (; done < size; done += r) {
		r = read_part(c, (char *)buf + done, size - done, off + done);
		if (r <= 0)
			return r ? r : -EIO;
	}
	return done;
}

off_t elfcore_hole(const struct elfcore *c, off_t off, bool data)
{
	const struct run *x, *end = c->run + c->nr_runs;

	if (off < 0 || off >= c->size)
		return -ENXIO;
	if (off < (off_t)c->head_len) {
		if (data)
			return off;
		off = c->head_len;
		if (off == c->size)
			return off;
	}
	for (x = run_at(c, off); x < end; x++)
		if (!x->n == !data)
			return x->at > off ? x->at : off;
	return data ? -ENXIO : c->size;
}
