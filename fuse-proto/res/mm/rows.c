// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings of a task as rows of the tree: their kind, their flags, and neighbours made one. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <crfs/res/inode/vdso.h>
#include <crfs/vma.h>

#include "aio.h"
#include "mm.h"
#include "res/inode/packet_ring.h"
#include "res/inode/sysv_shm.h"
#include "res/inode/uring.h"
#include "res/inode/vdso.h"

/*
 * VmFlags, fs/proc/task_mmu.c show_smap_vma_flags(). @flag: how the tree has it; @why: refused.
 * Neither: it follows from other things, or says nothing that lasts.
 */
static const struct {
	const char *word;
	uint64_t flag;
	const char *why;
} words[] = {
	{ "rd", 0, NULL }, { "wr", 0, NULL }, { "ex", 0, NULL }, { "mr", 0, NULL },
	{ "mw", CRFS_VMA_MAYWRITE, NULL }, { "me", 0, NULL }, { "sh", 0, NULL },
	{ "ms", CRFS_VMA_SHARED, NULL }, { "ac", 0, NULL }, { "sd", 0, NULL },
	{ "ht", 0, NULL }, { "de", 0, NULL }, { "dw", 0, NULL }, { "dp", 0, NULL },
	{ "gu", 0, NULL },
	{ "gd", CRFS_VMA_GROWSDOWN, NULL },
	{ "nr", CRFS_VMA_NORESERVE, NULL },
	{ "lo", CRFS_VMA_LOCKED, NULL },
	{ "lf", CRFS_VMA_LOCKONFAULT, NULL },
	{ "sr", CRFS_VMA_SEQUENTIAL, NULL },
	{ "rr", CRFS_VMA_RANDOM, NULL },
	{ "dc", CRFS_VMA_DONTFORK, NULL },
	{ "wf", CRFS_VMA_WIPEONFORK, NULL },
	{ "dd", CRFS_VMA_DONTDUMP, NULL },
	{ "hg", CRFS_VMA_HUGEPAGE, NULL },
	{ "nh", CRFS_VMA_NOHUGEPAGE, NULL },
	{ "mg", CRFS_VMA_MERGEABLE, NULL },
	{ "sl", CRFS_VMA_SEALED, NULL },
	{ "io", 0, "device memory" },
	{ "pf", 0, "memory without pages" },
	{ "mm", 0, "memory of a driver" },
	{ "ar", 0, "memory with a cache mode of its own" },
	{ "sf", 0, "synchronous mapping (MAP_SYNC)" },
	{ "um", 0, "registered with userfaultfd" },
	{ "uw", 0, "registered with userfaultfd" },
	{ "ui", 0, "registered with userfaultfd" },
	{ "ss", 0, "shadow stack" },
};

static void refuse(struct snap *s, const struct mm *mm, const struct vma *v, const char *why,
		   const char *word)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
			 "mapping %lx-%lx %s: %s (%s): unmap it before the checkpoint",
			 (long)v->start, (long)v->end, v->name, why, word);
}

/* Rings of packet sockets and io_urings are the driver's memory that travels; those of io_uring were without pages before 6.10. */
static bool is_rings(const struct vma *v, const char *word)
{
	if (uring_named(v->name))
		return !strcmp(word, "mm") || !strcmp(word, "pf") || !strcmp(word, "io") || !strcmp(word, "dd");
	return !strcmp(word, "mm") && ring_named(v->name);
}

static uint64_t row_flags(struct snap *s, const struct mm *mm, const struct vma *v)
{
	const size_t n = sizeof(words) / sizeof(words[0]);
	const char *p = v->vmflags;
	uint64_t flags = 0;
	size_t i;

	for (; p[0] && p[1]; p += p[2] == ' ' ? 3 : 2) {
		for (i = 0; i < n; i++)
			if (p[0] == words[i].word[0] && p[1] == words[i].word[1])
				break;
		if (i < n && is_rings(v, words[i].word))
			continue;
		if (i == n || words[i].why)
			refuse(s, mm, v, i == n ? "unknown flag" : words[i].why,
			       (char[]){ p[0], p[1], 0 });
		else
			flags |= words[i].flag;
	}
	if (!(flags & CRFS_VMA_SHARED))
		flags &= ~CRFS_VMA_MAYWRITE;
	return flags;
}

/* Names in brackets. @skip: not of the task. */
static const struct special {
	const char *name;
	uint8_t kind;
	bool skip;
	const char *why;
} specials[] = {
	{ "[vdso]", CRFS_VMA_VDSO, false, NULL },
	{ "[vvar]", CRFS_VMA_VVAR, false, NULL },
	{ "[vvar_vclock]", CRFS_VMA_VVAR, false, NULL },
	{ "[vsyscall]", 0, true, NULL },
	{ "[uprobes]", 0, false, "probed by perf or a tracer" },
	{ "[heap]", CRFS_VMA_ANON, false, NULL },
	{ "[stack]", CRFS_VMA_ANON, false, NULL },
};

static const struct special *special(const struct vma *v)
{
	size_t i;

	for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (!v->ino && !strcmp(v->name, specials[i].name))
			return &specials[i];
	return NULL;
}

/* "[anon:malloc arena]" and "[anon_shmem:x]": PR_SET_VMA_ANON_NAME, 5.17 and 6.2 */
static bool anon_name(const struct vma *v, struct crfs_str *name)
{
	static const char *const prefix[] = { "[anon:", "[anon_shmem:" };
	size_t i, n, len = strlen(v->name);

	for (i = 0; i < 2; i++) {
		n = strlen(prefix[i]);
		if (strncmp(v->name, prefix[i], n) || v->name[len - 1] != ']')
			continue;
		*name = (struct crfs_str){ v->name + n, len - n - 1 };
		return true;
	}
	return false;
}

static void list_file(struct snap *s, const struct mm *mm, struct rows *r, struct mapped *m)
{
	size_t i;

	if (m->seen == mm->id)
		return;
	m->seen = mm->id;
	r->renamed |= m->path != m->name;
	for (i = 0; i < r->nr_files && r->renamed; i++)
		if (!strcmp(r->file[i]->path, m->path))
			return;
	if (!(r->nr_files & (r->nr_files - 1))) {
		const struct mapped **more;

		more = pool_alloc(&s->scratch, (2 * r->nr_files + 1) * sizeof(*more));
		if (!more)
			return;
		if (r->nr_files)
			memcpy(more, r->file, r->nr_files * sizeof(*more));
		r->file = more;
	}
	r->file[r->nr_files++] = m;
}

static void look_object(struct snap *s, struct mm *mm, const struct vma *v, struct rows *r,
			struct crfs_vma *row)
{
	struct mapped *m = mapped_find(s, mm, v);

	if (!m)
		return;
	row->kind = m->kind;
	row->inode = m->inode;
	row->offset = v->pgoff;
	packet_ring_mapped(s, m->inode, v, row->flags & CRFS_VMA_SHARED);
	uring_mapped(s, m->inode, v, row->flags & CRFS_VMA_SHARED);
	sysv_shm_mapped(s, mm, m->inode, v);
	if (m->kind != CRFS_VMA_FILE)
		return;
	row->path = (struct crfs_str){ m->path, strlen(m->path) };
	list_file(s, mm, r, m);
}

/* Return: is it a row? */
static bool make_row(struct snap *s, struct mm *mm, const struct vma *v, struct rows *r,
		     struct crfs_vma *row)
{
	const struct special *sp = special(v);

	*row = (struct crfs_vma){ .start = v->start, .end = v->end, .prot = v->prot,
				  .pkey = v->pkey };
	if (sp && sp->skip)
		return false;
	if (sp && sp->why)
		refuse(s, mm, v, sp->why, v->name);
	if (sp)
		row->kind = sp->kind;
	if (row->kind == CRFS_VMA_VVAR)
		return true;
	if (row->kind == CRFS_VMA_VDSO) {
		row->inode = vdso_inode(s);
		return true;
	}
	row->flags = row_flags(s, mm, v);
	if (vma_has(v, "ht") && !(row->flags & CRFS_VMA_SHARED) &&
	    !strncmp(v->name, "/anon_hugepage", 14)) {
		row->kind = CRFS_VMA_HUGETLB;
		row->page = v->pagesize;
		return true;
	}
	if (vma_has(v, "dp"))
		row->kind = CRFS_VMA_DROPPABLE;
	else if (aio_named(v))
		row->kind = aio_ring(s, mm, v) ? CRFS_VMA_AIO : CRFS_VMA_ANON;
	else if (v->ino || sysv_shm_named(v->name))
		look_object(s, mm, v, r, row);
	else if (!sp && !anon_name(v, &row->path) && *v->name)
		refuse(s, mm, v, "unknown kind of memory", v->name);
	return true;
}

int rows_read(struct snap *s, struct mm *mm, struct rows *r)
{
	struct crfs_vma row;
	size_t i;
	int rc;

	if (mm->priv) {
		*r = *(struct rows *)mm->priv;
		return 0;
	}
	*r = (struct rows){ 0 };
	rc = mm_vmas(s, mm);
	if (rc)
		return rc;
	mm->priv = pool_alloc(&s->scratch, sizeof(*r));
	if (!mm->priv)
		return -ENOMEM;
	r->row = pool_alloc(&s->scratch, (mm->nr_vmas + 1) * sizeof(*r->row));
	r->shy = pool_alloc(&s->scratch, mm->nr_vmas + 1);
	if (!r->row || !r->shy)
		return -ENOMEM;
	for (i = 0; i < mm->nr_vmas; i++) {
		if (!make_row(s, mm, &mm->vmas[i], r, &row))
			continue;
		if (r->nr && crfs_vma_joins(&r->row[r->nr - 1], &row))
			r->row[r->nr - 1].end = row.end;
		else
			r->row[r->nr++] = row;
		if (!(row.prot & PROT_READ) || mm->vmas[i].shared)
			r->shy[r->nr - 1] = true;
	}
	*(struct rows *)mm->priv = *r;
	return 0;
}
