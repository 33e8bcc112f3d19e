// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vdso: code that the kernel maps into every process, behind the data (vvar) it reads.
 *
 * Where the image is that of the checkpoint, arch_prctl(ARCH_MAP_VDSO_64) (4.8, with
 * CONFIG_CHECKPOINT_RESTORE) puts it back where it stood. Else the old image stays as ordinary
 * memory whose functions jump into the new one, which is mapped elsewhere: programs hold addresses
 * of its functions, and may look for more in its symbol table. A thread that was stopped inside
 * another kernel's image is refused.
 */
#include <asm/prctl.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <crfs/res/inode/vdso.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/status.h>

#include "proc.h"
#include "res/inode/vdso.h"
#include "rooms.h"
#include "stop.h"
#include "vdso.h"

#ifndef ARCH_MAP_VDSO_64
#define ARCH_MAP_VDSO_64 0x2003
#endif

static struct vdso ours;	/* of this process, for as long as it lives */

static void find_ours(void)
{
	uint64_t start, end, vvar = 0;
	int fd = proc_own(O_RDONLY, "self/maps");
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (strstr(line, " [vvar"))
			vvar += end - start;
		if (strstr(line, " [vdso]"))
			ours = (struct vdso){ (const uint8_t *)start, end - start, vvar };
	}
	if (f)
		fclose(f);
}

int vdso_ours(struct vdso *v)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_ours);
	*v = ours;
	return v->image ? 0 : -ENOENT;
}

const struct crfs_vma *vdso_row(const struct crfs_vma *r, size_t nr, uint8_t kind)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (r[i].kind == kind)
			return &r[i];
	return NULL;
}

/* One of each, the data right before the code: as the kernel and arch_prctl(2) make them. */
static bool whole(const struct crfs_vma *r, size_t nr, uint64_t size, uint64_t vvar)
{
	const struct crfs_vma *code = vdso_row(r, nr, CRFS_VMA_VDSO);
	const struct crfs_vma *data = vdso_row(r, nr, CRFS_VMA_VVAR);
	size_t i, n = 0;

	for (i = 0; i < nr; i++)
		n += r[i].kind == CRFS_VMA_VDSO || r[i].kind == CRFS_VMA_VVAR;
	if (!n)
		return true;
	return n == 2 && code && data && data->end == code->start &&
	       code->end - code->start == size && data->end - data->start == vvar;
}

/* The tapes that ask tasks stand in it for a moment: then a task has a copy, which must be true. */
static bool changed(const struct mm *mm, const struct crfs_vma *code, const struct vdso *v)
{
	struct iovec here, there = { (void *)code->start, v->size };
	bool differs;
	size_t i;

	for (i = 0; i < mm->nr_vmas; i++)
		if (mm->vmas[i].start == code->start && !mm->vmas[i].anon)
			return false;
	here = (struct iovec){ malloc(v->size), v->size };
	if (!here.iov_base)
		return true;
	differs = process_vm_readv(mm->task->tid, &here, 1, &there, 1, 0) != (ssize_t)v->size;
	/* A killed crfs's player, which a task is still in, is named by stop.c and no other's. */
	if (!differs)
		ask_forget(here.iov_base, v->size);
	differs = differs || memcmp(here.iov_base, v->image, v->size);
	free(here.iov_base);
	return differs;
}

void vdso_check(struct snap *s, const struct mm *mm, const struct rows *r)
{
	const struct crfs_vma *code = vdso_row(r->row, r->nr, CRFS_VMA_VDSO);
	struct vdso v;

	if (!code && !vdso_row(r->row, r->nr, CRFS_VMA_VVAR))
		return;
	if (vdso_ours(&v) || !whole(r->row, r->nr, v.size, v.vvar))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "the vdso is not where the kernel put it, or not whole");
	else if (!s->live && changed(mm, code, &v))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "the code of the vdso was changed: remove the probes in it");
}

static bool same_build(const uint8_t *image, uint64_t size, uint64_t vvar, const struct vdso *v)
{
	return v->size == size && v->vvar == vvar && !memcmp(v->image, image, size);
}

static const struct iobj *image_of(const struct image *im, const struct crfs_vma *code)
{
	const struct iobj *o = image_obj(im, IOBJ_INODE, code->inode);

	return o && o->room == &res_inode_vdso ? o : NULL;
}

/* The symbols of an image, whose addresses are its file offsets. */
struct symbols {
	const Elf64_Sym *sym;
	size_t nr;
	const char *str;
	size_t str_size;
};

static const Elf64_Shdr *section(const uint8_t *p, uint64_t size, uint32_t type, size_t *index)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)p;
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(p + e->e_shoff);
	size_t i;

	if (size < sizeof(*e) || memcmp(p, ELFMAG, SELFMAG) || e->e_shoff % 8 ||
	    e->e_shoff > size || e->e_shnum > (size - e->e_shoff) / sizeof(*sh))
		return NULL;
	for (i = *index; i < e->e_shnum; i++) {
		if (type && sh[i].sh_type != type)
			continue;
		if (sh[i].sh_offset > size || sh[i].sh_size > size - sh[i].sh_offset)
			return NULL;
		*index = i;
		return &sh[i];
	}
	return NULL;
}

static bool symbols(const uint8_t *p, uint64_t size, struct symbols *s)
{
	size_t i = 0, k;
	const Elf64_Shdr *sym = section(p, size, SHT_DYNSYM, &i), *str;

	if (!sym || sym->sh_offset % 8)
		return false;
	k = sym->sh_link;
	str = section(p, size, 0, &k);
	if (!str || k != sym->sh_link || !str->sh_size || p[str->sh_offset + str->sh_size - 1])
		return false;
	*s = (struct symbols){ (const Elf64_Sym *)(p + sym->sh_offset),
			       sym->sh_size / sizeof(Elf64_Sym),
			       (const char *)p + str->sh_offset, str->sh_size };
	return true;
}

static const Elf64_Sym *function(const struct symbols *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (ELF64_ST_TYPE(s->sym[i].st_info) == STT_FUNC && s->sym[i].st_shndx &&
		    s->sym[i].st_name < s->str_size && !strcmp(s->str + s->sym[i].st_name, name))
			return &s->sym[i];
	return NULL;
}

/* movabs $to, %r11; jmp *%r11: r11 is nobody's at a call, and a system call loses it too */
#define JUMP_SIZE 13

static void jump(uint8_t *at, uint64_t to)
{
	memcpy(at, "\x49\xbb", 2);
	memcpy(at + 2, &to, 8);
	memcpy(at + 10, "\x41\xff\xe3", 3);
}

/**
 * redirect() - let the functions of @old jump into ours, which stands at @base
 * Return: NULL, or the name of a function for which there is no place or no other
 */
static const char *redirect(uint8_t *old, uint64_t size, const struct vdso *v, uint64_t base)
{
	struct symbols from, to;
	const Elf64_Sym *f, *t;
	const char *name;
	size_t i;

	if (!symbols(old, size, &from) || !symbols(v->image, v->size, &to))
		return "its symbols";
	for (i = 0; i < from.nr; i++) {
		f = &from.sym[i];
		if (ELF64_ST_TYPE(f->st_info) != STT_FUNC || !f->st_shndx ||
		    f->st_name >= from.str_size)
			continue;
		name = from.str + f->st_name;
		t = function(&to, name);
		if (!t || f->st_size < JUMP_SIZE || f->st_value > size - JUMP_SIZE)
			return name;
		jump(old + f->st_value, base + t->st_value);
	}
	return NULL;
}

/* Threads inside an image that will be another must not go on there. */
static bool inside(const struct image *im, const struct iobj *o, const struct crfs_vma *code)
{
	const struct crfs_task_status *st;
	const struct crfs_regs *regs;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		st = image_status(&im->objs[IOBJ_TASK][i]);
		regs = image_rec(&im->objs[IOBJ_TASK][i], &res_task_regs, 0);
		if (st && regs && st->mm == o->id && regs->rip >= code->start &&
		    regs->rip < code->end)
			return true;
	}
	return false;
}

void vdso_accept(struct image *im, const struct iobj *o, const struct crfs_vma *r, size_t nr)
{
	const struct crfs_vma *code = vdso_row(r, nr, CRFS_VMA_VDSO);
	const struct crfs_inode_vdso *st;
	const struct iobj *image;
	const char *bad = NULL;
	uint64_t size = 0;
	struct vdso v;
	uint8_t *p;

	if (!code && !vdso_row(r, nr, CRFS_VMA_VVAR))
		return;
	image = code ? image_of(im, code) : NULL;
	st = image ? image_rec(image, &res_inode_vdso, 0) : NULL;
	p = image ? vdso_image(image, &size) : NULL;
	if (!st || !p || !whole(r, nr, size, st->vvar))
		image_mismatch(im, -EINVAL, o->path, "maps: no vdso inode of this layout");
	else if (vdso_ours(&v))
		image_mismatch(im, -EOPNOTSUPP, o->path, "no vdso here: boot with vdso=1");
	else if (!same_build(p, size, st->vvar, &v))
		bad = inside(im, o, code) ? "a thread is inside of it: checkpoint again" :
					    redirect(p, size, &v, 0);
	if (bad)
		image_mismatch(im, -EOPNOTSUPP, o->path,
			       "this kernel's vdso cannot stand in for the old one: %s", bad);
	free(p);
}

int vdso_make(struct restore *rs, struct mmdata *d)
{
	const struct crfs_vma *code = vdso_row(d->rows, d->nr, CRFS_VMA_VDSO);
	const struct crfs_inode_vdso *st;
	const struct iobj *image;
	uint64_t size = 0;
	struct vdso v;
	uint8_t *p;
	int rc = 0;

	if (!code || vdso_ours(&v))
		return 0;
	image = image_of(rs->im, code);
	p = vdso_image(image, &size);
	st = image_rec(image, &res_inode_vdso, 0);
	if (!p || !st)
		return fail(rs->err, -EIO, "reading the vdso's image");
	d->vdso = code->start - st->vvar;
	d->vdso_old = !same_build(p, size, st->vvar, &v);
	if (d->vdso_old)
		rc = mm_copy(rs, d, p, size, &d->vdso_off);
	free(p);
	return rc;
}

/* Let the copied image lead into ours, which goes where nothing is, neither arena nor memory. */
static int lead_on(struct restore *rs, struct mmdata *d)
{
	const struct crfs_vma *code = vdso_row(d->rows, d->nr, CRFS_VMA_VDSO);
	uint64_t size = code->end - code->start;
	uint8_t *p = malloc(size);
	struct vdso v;
	int rc = p ? vdso_ours(&v) : -ENOMEM;

	if (!rc)
		rc = mm_hole(rs->im, v.vvar + v.size, &d->vdso);
	if (!rc && pread(d->copy, p, size, d->vdso_off) != (ssize_t)size)
		rc = -EIO;
	if (!rc && redirect(p, size, &v, d->vdso + v.vvar))
		rc = -EINVAL;
	if (!rc && pwrite(d->copy, p, size, d->vdso_off) != (ssize_t)size)
		rc = -EIO;
	free(p);
	return rc ? fail(rs->err, rc, "another kernel's vdso") : 0;
}

static void put_old(const struct mmdata *d, struct tape *tape)
{
	const struct crfs_vma *code = vdso_row(d->rows, d->nr, CRFS_VMA_VDSO);
	const struct crfs_vma *data = vdso_row(d->rows, d->nr, CRFS_VMA_VVAR);
	uint64_t size = code->end - code->start;
	struct tape_op *op;

	tape_call(tape, "mapping the old vvar", SYS_mmap, data->start, data->end - data->start,
		  PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
	tape_call(tape, "mapping the old vdso", SYS_mmap, code->start, size,
		  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1);
	op = tape_call(tape, "filling the old vdso", SYS_pread64, d->copy, code->start, size,
		       d->vdso_off);
	op->want = WANT_EXACT;
	op->expect = size;
	tape_call(tape, "protecting the old vdso", SYS_mprotect, code->start, size,
		  PROT_READ | PROT_EXEC);
}

int vdso_put(struct restore *rs, struct mmdata *d, struct tape *tape)
{
	int rc = d->vdso_old ? lead_on(rs, d) : 0;

	if (rc || !d->vdso)
		return rc;
	tape_call(tape, "arch_prctl(ARCH_MAP_VDSO_64)", SYS_arch_prctl, ARCH_MAP_VDSO_64, d->vdso);
	/* The address is but a wish: advice proves that it was met (ENOMEM: nothing is there). */
	tape_call(tape, "finding the vdso", SYS_madvise, d->vdso, PAGE, MADV_NORMAL);
	if (d->vdso_old)
		put_old(d, tape);
	return 0;
}
