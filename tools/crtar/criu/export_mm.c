// SPDX-License-Identifier: GPL-2.0-or-later
/* mm-<pid> and its pages; shared memory. Pages that stand with a parent are written once more. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <crfs/res/inode/shm.h>
#include <crfs/res/mm/flags.h>

#include "export.h"

#define PIECE (1 << 20)
#define AUXV 44			/* numbers that CRIU takes: AT_NULL is the first to go */

/** struct pagemap - an image of runs, and that of their pages */
struct pagemap {
	struct img map, pages;
	char *buf;
};

static int begin(struct export *x, struct pagemap *p, const char *what, unsigned int id)
{
	Criu__PagemapHead head = CRIU__PAGEMAP_HEAD__INIT;
	int r = img_create(&p->map, x->dir, CRIU_PAGEMAP, &x->e, "pagemap-%s%u.img", what, id);

	head.pages = x->next_pages++;
	p->pages.fd = -1;
	p->buf = malloc(PIECE);
	if (!p->buf)
		return fail(&x->e, -ENOMEM, "memory for pages");
	if (!r)
		r = img_create(&p->pages, x->dir, 0, &x->e, "pages-%u.img", head.pages);
	return r ? r : img_put(&p->map, &head, &x->e);
}

static void end(struct pagemap *p)
{
	img_close(&p->map);
	img_close(&p->pages);
	free(p->buf);
}

/* Whole pages: the last one of a payload may end earlier, and is zeros then. */
static int run(struct export *x, struct pagemap *p, uint64_t at, uint64_t len, struct node *n, off_t off)
{
	Criu__Pagemap m = CRIU__PAGEMAP__INIT;
	uint64_t done;
	ssize_t got, want;
	int r;

	m.at = at;
	m.nr_32 = (len + CRIU_PAGE - 1) / CRIU_PAGE;
	m.has_flags = true;
	m.flags = CRIU_PAGE_HERE;
	m.has_nr = true;
	m.nr = m.nr_32;
	r = img_put(&p->map, &m, &x->e);
	for (done = 0; done < len && !r; done += want) {
		want = len - done < PIECE ? len - done : PIECE;
		got = node_pread(n, p->buf, want, off + done);
		if (got < 0 || (got < want && off + (off_t)done + got < n->size))
			return fail(&x->e, got < 0 ? (int)got : -EIO, "read its memory");
		memset(p->buf + got, 0, want - got);
		want = (want + CRIU_PAGE - 1) & -(ssize_t)CRIU_PAGE;
		memset(p->buf + got, 0, want - got);
		r = img_write(&p->pages, p->buf, want, &x->e);
	}
	return r;
}

/* Private pages, wherever the tree has them; of the vdso, whatever mapping it is. */
static int pages(struct export *x, const struct iobj *mm)
{
	struct pagemap p = { .map.fd = -1, .pages.fd = -1 };
	size_t i, n;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &n);
	uint64_t at, stop;
	struct node *node;
	off_t off = 0;
	int r = -1;

	for (i = 0; i < x->im->nr[IOBJ_TASK] && r < 0; i++)
		if (task_of(&x->im->objs[IOBJ_TASK][i])->mm == mm->id)
			r = begin(x, &p, "", task_of(&x->im->objs[IOBJ_TASK][i])->tgid) < 0 ? -2 : 0;
	for (i = 0; i < n && !r; i++) {
		if (v[i].kind == CRFS_VMA_VVAR || v[i].flags & CRFS_VMA_SHARED)
			continue;
		for (at = v[i].start; at < v[i].end && !r; at = stop) {
			stop = imem_run(x->mem, mm, at, &node, &off, NULL);
			if (node)
				r = run(x, &p, at, stop - at, node, off);
		}
	}
	end(&p);
	return x->e.code;
}

int export_shm(struct export *x, const struct iobj *inode)
{
	struct pagemap p = { .map.fd = -1, .pages.fd = -1 };
	struct node *n = NULL;
	uint64_t start;
	int r = begin(x, &p, "shmem-", inode->id);

	while (!r && (n = image_extent(inode, n, &start)))
		r = run(x, &p, start, n->size, n, 0);
	end(&p);
	return r;
}

static uint64_t advice(uint64_t flags)
{
	static const struct {
		uint64_t flag;
		int madvise;
	} all[] = {
		{ CRFS_VMA_SEQUENTIAL, MADV_SEQUENTIAL }, { CRFS_VMA_RANDOM, MADV_RANDOM },
		{ CRFS_VMA_DONTFORK, MADV_DONTFORK }, { CRFS_VMA_WIPEONFORK, MADV_WIPEONFORK },
		{ CRFS_VMA_DONTDUMP, MADV_DONTDUMP }, { CRFS_VMA_HUGEPAGE, MADV_HUGEPAGE },
		{ CRFS_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE }, { CRFS_VMA_MERGEABLE, MADV_MERGEABLE },
	};
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (flags & all[i].flag)
			mask |= 1ULL << all[i].madvise;
	return mask;
}

static const struct crfs_mapped *mapped(const struct iobj *mm, struct crfs_str path)
{
	size_t i, n;
	const struct crfs_mapped *f = image_recs(mm, &res_mm_maps, 1, &n);

	for (i = 0; i < n; i++)
		if (f[i].path.len == path.len && !memcmp(f[i].path.p, path.p, path.len))
			return &f[i];
	return NULL;
}

static int set_vma(struct export *x, const struct iobj *mm, const struct crfs_vma *v, Criu__Vma *out)
{
	const struct crfs_mm_status *m = image_rec(mm, &res_mm_status, 0);
	bool shared = v->flags & CRFS_VMA_SHARED;

	out->start = v->start;
	out->end = v->end;
	out->prot = v->prot;
	out->fd = -1;
	out->offset = v->offset;
	out->flags = (shared ? MAP_SHARED : MAP_PRIVATE) | (v->kind != CRFS_VMA_FILE ? MAP_ANONYMOUS : 0) |
		     (v->flags & CRFS_VMA_GROWSDOWN ? MAP_GROWSDOWN : 0) |
		     (v->flags & CRFS_VMA_NORESERVE ? MAP_NORESERVE : 0) |
		     (v->flags & CRFS_VMA_LOCKED ? MAP_LOCKED : 0);
	out->status = CRIU_REGULAR | (v->kind == CRFS_VMA_FILE ? (shared ? CRIU_FILE_SHARED : CRIU_FILE_PRIVATE) :
				      shared ? CRIU_ANON_SHARED : CRIU_ANON_PRIVATE);
	out->madvise = advice(v->flags);
	out->has_madvise = out->madvise != 0;
	if (v->kind == CRFS_VMA_VDSO)
		out->status |= CRIU_VDSO;
	else if (v->kind == CRFS_VMA_VVAR)
		out->status |= CRIU_VVAR;
	else if (v->kind == CRFS_VMA_INODE)
		out->shmid = v->inode;
	else if (m && v->start < m->brk && v->end > m->start_brk && v->kind == CRFS_VMA_ANON)
		out->status |= CRIU_HEAP;
	if (v->kind != CRFS_VMA_FILE)
		return 0;
	out->has_fdflags = true;
	out->fdflags = v->flags & CRFS_VMA_MAYWRITE ? O_RDWR : O_RDONLY;
	out->shmid = export_path(x, v->path, out->fdflags, mapped(mm, v->path));
	return out->shmid ? 0 : -ENOMEM;
}

static int vmas(struct export *x, const struct iobj *mm, Criu__Mm *out)
{
	size_t i, n;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &n);

	out->vmas = pool_alloc(&x->pool, (n + 1) * sizeof(*out->vmas));
	for (i = 0; out->vmas && i < n; i++) {
		out->vmas[i] = pool_alloc(&x->pool, sizeof(*out->vmas[i]));
		if (!out->vmas[i])
			return -ENOMEM;
		criu__vma__init(out->vmas[i]);
		if (set_vma(x, mm, &v[i], out->vmas[i]) < 0)
			return -ENOMEM;
		out->n_vmas++;
	}
	return out->vmas ? 0 : -ENOMEM;
}

static int auxv(struct export *x, const struct iobj *mm, Criu__Mm *out)
{
	size_t i, n;
	const struct crfs_auxv *a = image_recs(mm, &res_mm_status, 1, &n);

	out->auxv = pool_alloc(&x->pool, 2 * (n + 1) * sizeof(*out->auxv));
	for (i = 0; out->auxv && i < n; i++) {
		out->auxv[2 * i] = a[i].type;
		out->auxv[2 * i + 1] = a[i].value;
	}
	out->n_auxv = 2 * (n + 1) < AUXV ? 2 * (n + 1) : AUXV;	/* AT_NULL is the last, if it has room */
	return out->auxv ? 0 : -ENOMEM;
}

int export_mm(struct export *x, const struct iobj *leader, const struct iobj *mm)
{
	const struct crfs_mm_status *m = image_rec(mm, &res_mm_status, 0);
	const struct crfs_mm_flags *f = image_rec(mm, &res_mm_flags, 0);
	struct crfs_mapped exe = { .path = m->exe, .build_id = m->build_id, .size = m->size };
	Criu__Mm out = CRIU__MM__INIT;
	struct img img = { .fd = -1 };
	int r;

	out.start_code = m->start_code;
	out.end_code = m->end_code;
	out.start_data = m->start_data;
	out.end_data = m->end_data;
	out.start_stack = m->start_stack;
	out.start_brk = m->start_brk;
	out.brk = m->brk;
	out.arg_start = m->arg_start;
	out.arg_end = m->arg_end;
	out.env_start = m->env_start;
	out.env_end = m->env_end;
	out.exe = export_path(x, m->exe, O_RDONLY, &exe);
	out.has_dumpable = f != NULL;
	out.dumpable = f ? f->dumpable : 1;
	out.has_thp_disabled = true;
	out.thp_disabled = m->thp_disable;
	if (!out.exe || vmas(x, mm, &out) < 0 || auxv(x, mm, &out) < 0)
		return fail_on(&x->e, -ENOMEM, mm->path, "memory for it");
	r = img_create(&img, x->dir, CRIU_MM, &x->e, "mm-%u.img", leader->id) ?: img_put(&img, &out, &x->e);
	img_close(&img);
	return r ? r : pages(x, mm) < 0 ? fail_on(&x->e, x->e.code, mm->path, "put it into images") : 0;
}
