// SPDX-License-Identifier: GPL-2.0-or-later
/* mms/<id>: mappings and pages, which stay in the images until they are read; shared memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/format.h>
#include <crfs/res/fd/common.h>
#include <crfs/res/inode/shm.h>
#include <crfs/res/inode/vdso.h>
#include <crfs/res/mm/flags.h>
#include <crfs/res/mm/maps.h>
#include <crfs/res/mm/status.h>

#include "import.h"

#define USUAL_FILTER 0x33	/* coredump_filter: images have none */

/** struct runs - an image of pages: where they belong, and where in pages-<id> they are */
struct runs {
	unsigned int id;
	struct page_run {
		uint64_t start, end;
		off_t off;
	} *v;
	size_t nr;
};

/** struct place - of a payload: in image pages-<id> in @dir, opened for each read: there may be thousands */
struct place {
	int dir;
	unsigned int id;
	off_t off;
};

static ssize_t image_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct place *p = n->priv;
	struct err e = { .code = 0 };
	struct img img;
	ssize_t r;

	if (off >= n->size)
		return 0;
	size = (off_t)size < n->size - off ? size : (size_t)(n->size - off);
	r = img_open(&img, p->dir, 0, &e, "pages-%u.img", p->id);
	if (r < 0)
		return r;
	r = pread(img.fd, buf, size, p->off + off);
	r = r < 0 ? -errno : r ? r : -EIO;
	img_close(&img);
	return r;
}

static const struct payload_ops ops = { .pread = image_pread };

static int add_payload(struct import *x, struct node *dir, const char *name, uint64_t len, const struct runs *r,
		       off_t off)
{
	struct place *p = pool_alloc(x->pool, sizeof(*p));

	if (!p)
		return fail(&x->e, -ENOMEM, "memory for a file");
	*p = (struct place){ .dir = x->dir, .id = r->id, .off = off };
	return tree_payload(x->t, dir, name, len, &ops, p, 0) ? 0 : fail(&x->e, -ENOMEM, "memory for a file");
}

static int add_run(struct import *x, struct runs *r, const Criu__Pagemap *m, off_t *off)
{
	uint64_t len = (m->has_nr ? m->nr : m->nr_32) * (uint64_t)CRIU_PAGE;
	struct page_run *last = r->nr ? &r->v[r->nr - 1] : NULL, *more;

	if (m->in_parent || (m->has_flags && !(m->flags & CRIU_PAGE_HERE)))
		return fail(&x->e, -EOPNOTSUPP, "pages that are in another directory: dump without --prev-images-dir");
	if (last && last->end == m->at) {
		last->end += len;
		*off += len;
		return 0;
	}
	more = realloc(r->v, (r->nr + 1) * sizeof(*more));
	if (!more)
		return fail(&x->e, -ENOMEM, "memory for its pages");
	r->v = more;
	r->v[r->nr++] = (struct page_run){ m->at, m->at + len, *off };
	*off += len;
	return 0;
}

static int read_runs(struct import *x, struct runs *r, const char *what, uint64_t id)
{
	Criu__PagemapHead *head;
	Criu__Pagemap *m;
	struct img img;
	off_t off = 0;
	int ret = img_open(&img, x->dir, CRIU_PAGEMAP, &x->e, "pagemap-%s%ju.img", what, (uintmax_t)id);

	*r = (struct runs){ .nr = 0 };
	if (ret == -ENOENT)
		ret = fail_on(&x->e, ret, img.name, "it is missing: name a whole directory of images");
	head = ret ? NULL : img_get(&img, &criu__pagemap_head__descriptor, x->pool, &x->e);
	while (head && !ret && (m = img_get(&img, &criu__pagemap__descriptor, x->pool, &x->e)))
		ret = add_run(x, r, m, &off);
	if (head)
		r->id = head->pages;
	img_close(&img);
	return x->e.code;
}

/* What of the runs is in [start, end), as extents that end at multiples of their size. */
static int put_pages(struct import *x, const struct runs *r, struct node *dir, uint64_t start, uint64_t end,
		     uint64_t base)
{
	uint64_t at, stop;
	struct node *pages;
	char name[32];
	size_t i;

	for (i = 0; i < r->nr; i++) {
		at = r->v[i].start > start ? r->v[i].start : start;
		for (; at < r->v[i].end && at < end; at = stop) {
			stop = (at / CRFS_EXTENT_SIZE + 1) * CRFS_EXTENT_SIZE;
			stop = stop < end ? stop : end;
			stop = stop < r->v[i].end ? stop : r->v[i].end;
			pages = tree_dir(x->t, dir, "pages");
			snprintf(name, sizeof(name), "%jx", (uintmax_t)(at - base));
			if (!pages || add_payload(x, pages, name, stop - at, r, r->v[i].off + (at - r->v[i].start)))
				return fail(&x->e, -ENOMEM, "memory for its pages");
		}
	}
	return 0;
}

static uint64_t flags_of(const Criu__Vma *v)
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
	bool file = v->status & (CRIU_FILE_PRIVATE | CRIU_FILE_SHARED) && !(v->status & CRIU_OF_MEMFD);
	uint64_t flags = 0;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (v->madvise >> all[i].madvise & 1 && !(v->status & (CRIU_VDSO | CRIU_VVAR)))
			flags |= all[i].flag;
	if (v->flags & MAP_SHARED)
		flags |= CRFS_VMA_SHARED | (!file || (v->fdflags & O_ACCMODE) == O_RDWR ? CRFS_VMA_MAYWRITE : 0);
	return flags | (v->flags & MAP_GROWSDOWN ? CRFS_VMA_GROWSDOWN : 0) |
	       (v->flags & MAP_NORESERVE ? CRFS_VMA_NORESERVE : 0) | (v->flags & MAP_LOCKED ? CRFS_VMA_LOCKED : 0);
}

/* Shared memory without a name: by itself, or as the memfd that newer versions take it for. */
static int shm_of(struct import *x, const Criu__Vma *v, struct crfs_vma *out)
{
	struct import_file *f = v->status & CRIU_OF_MEMFD ? file_of(x, v->shmid) : NULL;
	uint64_t shmid = v->shmid, size = v->offset + (v->end - v->start);
	struct import_inode *i;
	Criu__Memfd *m = NULL;
	struct img img;
	bool fresh;

	if (v->status & CRIU_OF_MEMFD && !img_open(&img, x->dir, CRIU_MEMFD, &x->e, "memfd.img")) {
		while ((m = img_get(&img, &criu__memfd__descriptor, x->pool, &x->e)))
			if (f && f->f->memfd && m->inode == f->f->memfd->inode)
				break;
		img_close(&img);
		if (!m || strcmp(m->name, "/dev/zero"))
			refuse(x, "memfd.img", "a memfd");
		shmid = m ? m->shmid : shmid;
		size = m ? m->size : size;
	}
	i = inode_of(x, INODE_SHM, shmid, &fresh);
	if (!i)
		return fail(&x->e, -ENOMEM, "memory for an inode");
	i->size = i->size > size ? i->size : size;
	out->kind = CRFS_VMA_INODE;
	out->inode = i->number;
	return x->e.code;
}

static int vdso_of(struct import *x, struct process *p, const struct runs *r, const Criu__Vma *v, struct crfs_vma *out)
{
	struct crfs_inode_vdso rec = { .size = v->end - v->start };
	struct text t = { .failed = false };
	struct import_inode *i;
	bool fresh;
	size_t k;

	i = inode_of(x, INODE_VDSO, 0, &fresh);
	if (!i)
		return fail(&x->e, -ENOMEM, "memory for an inode");
	out->kind = CRFS_VMA_VDSO;
	out->inode = i->number;
	if (!fresh)
		return 0;
	for (k = 0; k < p->mm->n_vmas; k++)
		if (p->mm->vmas[k]->status & CRIU_VVAR)
			rec.vvar += p->mm->vmas[k]->end - p->mm->vmas[k]->start;
	text_section(&t, &crfs_inode_shape);
	text_rec(&t, &crfs_inode_shape, &(struct crfs_inode){ .type = str("vdso") });
	text_section(&t, &crfs_inode_vdso_shape);
	text_rec(&t, &crfs_inode_vdso_shape, &rec);
	for (k = 0; k < r->nr; k++)
		if (r->v[k].start <= v->start && r->v[k].end >= v->end)
			return add_text(x, i->dir, "status", &t) ?:
			       add_payload(x, i->dir, "data", rec.size, r, r->v[k].off + (v->start - r->v[k].start));
	text_free(&t);
	return fail(&x->e, -EBADMSG, "the vdso is not among its pages");
}

static int set_vma(struct import *x, struct process *p, const struct runs *r, const Criu__Vma *v, struct crfs_vma *out)
{
	*out = (struct crfs_vma){ .start = v->start, .end = v->end, .prot = v->prot & 7, .flags = flags_of(v),
				  .kind = CRFS_VMA_ANON };
	if (v->status & ~CRIU_VMA_KNOWN || v->flags & MAP_HUGETLB || v->prot & ~7U)
		refuse(x, "mm", "mapping 0x%jx, of status 0x%x", (uintmax_t)v->start, v->status);
	if (v->status & CRIU_VDSO)
		return vdso_of(x, p, r, v, out);
	if (v->status & CRIU_VVAR)
		out->kind = CRFS_VMA_VVAR;
	else if (v->status & (CRIU_ANON_SHARED | CRIU_OF_MEMFD)) {
		out->offset = v->offset;
		if (!(v->flags & MAP_SHARED))
			refuse(x, "mm", "mapping 0x%jx, private of shared memory", (uintmax_t)v->start);
		return shm_of(x, v, out);
	} else if (v->status & (CRIU_FILE_PRIVATE | CRIU_FILE_SHARED)) {
		out->kind = CRFS_VMA_FILE;
		out->offset = v->offset;
		out->path = str(file_path(x, v->shmid));
		if (!out->path.len)
			return fail(&x->e, -EBADMSG, "file %ju, which is mapped, is not in files.img", (uintmax_t)v->shmid);
	}
	return 0;
}

static bool joins(const struct crfs_vma *a, const struct crfs_vma *b)
{
	bool placed = a->kind == CRFS_VMA_FILE || a->kind == CRFS_VMA_INODE;

	return a->end == b->start && a->kind == b->kind && a->prot == b->prot && a->flags == b->flags &&
	       a->inode == b->inode && a->path.len == b->path.len && !memcmp(a->path.p ?: "", b->path.p ?: "", a->path.len) &&
	       a->kind != CRFS_VMA_VDSO && (!placed || a->offset + (a->end - a->start) == b->offset);
}

static struct crfs_str build_id(struct import *x, const Criu__Reg *r)
{
	char *hex = pool_alloc(x->pool, 8 * r->n_build_id + 1);
	size_t i;

	for (i = 0; hex && i < r->n_build_id; i++)
		sprintf(hex + 8 * i, "%02x%02x%02x%02x", r->build_id[i] & 255, r->build_id[i] >> 8 & 255,
			r->build_id[i] >> 16 & 255, r->build_id[i] >> 24);
	return str(hex);
}

static struct crfs_mapped mapped(struct import *x, unsigned int id)
{
	struct import_file *f = file_of(x, id);
	struct crfs_mapped m = { .path = str(file_path(x, id)) };
	struct stat st;

	if (!f || !m.path.len)
		return m;
	m.build_id = build_id(x, f->f->reg);
	m.size = f->f->reg->size;
	if (looks(f->f->reg->name, &st) && (!f->f->reg->has_size || (uint64_t)st.st_size == m.size)) {
		m.size = st.st_size;
		m.mtime = st.st_mtim.tv_sec;
		m.mtime_nsec = st.st_mtim.tv_nsec;
	}
	return m;
}

/* Each file once, in the order of their first mappings. */
static void put_mapped(struct import *x, const Criu__Mm *mm, struct text *t)
{
	const char *path, *other;
	struct crfs_mapped m;
	size_t i, k;

	for (i = 0; i < mm->n_vmas; i++) {
		if (!(mm->vmas[i]->status & (CRIU_FILE_PRIVATE | CRIU_FILE_SHARED)) || mm->vmas[i]->status & CRIU_OF_MEMFD)
			continue;
		path = file_path(x, mm->vmas[i]->shmid);
		for (k = 0; k < i; k++) {
			other = mm->vmas[k]->status & (CRIU_FILE_PRIVATE | CRIU_FILE_SHARED) &&
				!(mm->vmas[k]->status & CRIU_OF_MEMFD) ? file_path(x, mm->vmas[k]->shmid) : NULL;
			if (other && path && !strcmp(path, other))
				break;
		}
		if (k < i || !path)
			continue;
		m = mapped(x, mm->vmas[i]->shmid);
		text_rec(t, &crfs_mapped_shape, &m);
	}
}

static int put_maps(struct import *x, struct process *p, struct node *dir, const struct runs *r)
{
	struct crfs_vma *v = calloc(p->mm->n_vmas + 1, sizeof(*v)), next;
	struct text t = { .failed = false };
	size_t i, n = 0;
	int ret = v ? 0 : fail(&x->e, -ENOMEM, "memory for mappings");

	for (i = 0; i < p->mm->n_vmas && !ret; i++) {
		if (p->mm->vmas[i]->status & CRIU_VSYSCALL)
			continue;
		ret = set_vma(x, p, r, p->mm->vmas[i], &next);
		if (n && joins(&v[n - 1], &next))
			v[n - 1].end = next.end;
		else
			v[n++] = next;
	}
	text_section(&t, &crfs_vma_shape);
	for (i = 0; i < n && !ret; i++)
		text_rec(&t, &crfs_vma_shape, &v[i]);
	text_section(&t, &crfs_mapped_shape);
	put_mapped(x, p->mm, &t);
	text_section(&t, &crfs_guard_shape);
	text_section(&t, &crfs_cow_shape);
	if (!ret)
		ret = add_text(x, dir, "maps", &t);
	text_free(&t);
	for (i = 0; i < n && !ret; i++)
		if (v[i].kind != CRFS_VMA_VDSO && v[i].kind != CRFS_VMA_VVAR && !(v[i].flags & CRFS_VMA_SHARED))
			ret = put_pages(x, r, dir, v[i].start, v[i].end, 0);
	free(v);
	return ret;
}

static int put_status(struct import *x, const Criu__Mm *m, struct node *dir)
{
	struct crfs_mapped exe = mapped(x, m->exe);
	const struct crfs_mm_status s = {
		.exe = exe.path, .build_id = exe.build_id, .size = exe.size, .mtime = exe.mtime,
		.mtime_nsec = exe.mtime_nsec, .start_code = m->start_code, .end_code = m->end_code,
		.start_data = m->start_data, .end_data = m->end_data, .start_brk = m->start_brk, .brk = m->brk,
		.start_stack = m->start_stack, .arg_start = m->arg_start, .arg_end = m->arg_end,
		.env_start = m->env_start, .env_end = m->env_end, .thp_disable = m->thp_disabled,
		.pkeys = str(""),
	};
	struct text t = { .failed = false };
	struct crfs_auxv a;
	size_t i;

	text_section(&t, &crfs_mm_status_shape);
	text_rec(&t, &crfs_mm_status_shape, &s);
	text_section(&t, &crfs_auxv_shape);
	for (i = 0; i + 1 < m->n_auxv && m->auxv[i]; i += 2) {
		a = (struct crfs_auxv){ m->auxv[i], m->auxv[i + 1] };
		text_rec(&t, &crfs_auxv_shape, &a);
	}
	return add_text(x, dir, "status", &t);
}

static int put_flags(struct import *x, const struct process *p, struct node *dir)
{
	const struct crfs_mm_flags f = {
		.coredump_filter = USUAL_FILTER, .dumpable = p->mm->has_dumpable ? p->mm->dumpable : 1,
		.membarrier = p->core->leader->membarrier,
	};
	struct text t = { .failed = false };

	text_section(&t, &crfs_mm_flags_shape);
	text_rec(&t, &crfs_mm_flags_shape, &f);
	return add_text(x, dir, "flags", &t);
}

int import_mm(struct import *x, struct process *p)
{
	char name[32];
	struct runs runs;
	struct node *dir;
	int r = read_runs(x, &runs, "", p->p->pid);

	snprintf(name, sizeof(name), "%u", p->mm_id);
	dir = tree_dir(x->t, tree_dir(x->t, tree_root(x->t), CRFS_MMS), name);
	if (!dir)
		r = fail(&x->e, -ENOMEM, "memory for an address space");
	if (p->mm->n_aios)
		refuse(x, "mm", "asynchronous I/O");
	if (!r)
		r = put_status(x, p->mm, dir) ?: put_flags(x, p, dir) ?: put_maps(x, p, dir, &runs);
	free(runs.v);
	snprintf(name, sizeof(name), "mm-%u.img", p->p->pid);
	return r < 0 ? fail_on(&x->e, r, name, "convert it") : 0;
}

int import_shm(struct import *x)
{
	struct text t = { .failed = false };
	struct import_inode *i;
	struct runs runs;
	int r = 0;

	for (i = x->inodes; i && !r; i = i->next) {
		if (i->kind != INODE_SHM)
			continue;
		text_section(&t, &crfs_inode_shape);
		text_rec(&t, &crfs_inode_shape, &(struct crfs_inode){ .type = str("shm") });
		text_section(&t, &crfs_inode_shm_shape);
		text_rec(&t, &crfs_inode_shm_shape, &(struct crfs_inode_shm){ .size = i->size });
		r = add_text(x, i->dir, "status", &t) ?: read_runs(x, &runs, "shmem-", i->key);
		if (!r)
			r = put_pages(x, &runs, i->dir, 0, i->size, 0);
		free(runs.v);
	}
	return r;
}
