// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring(7): its two rings and its requests, of which none is being done.
 *
 * fdinfo tells where both sides are, a mapping of our own what is in the rings, the kernel's memory with which flags it was
 * made, what is registered with it and whether requests are in flight (kmem_uring.c): these cannot be carried.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem_uring.h"
#include "res/mm/mm.h"
#include "rooms.h"
#include "uring.h"

#define PATIENCE_MS 500	/* for requests in flight */

/**
 * struct uring - one
 * @odd: a mapping shows a part of it, or a copy; @seen: looked at, and what is wrong was said
 * @known: @rings and @sqes are read, malloc'ed until the tree has them
 */
struct uring {
	struct crfs_inode_uring r;
	bool odd, seen, known;
	char *rings, *sqes;
	size_t rings_size, sqes_size;
};

/** struct flying - requests in flight of all tasks; @rc: or why that cannot be told */
struct flying {
	int64_t n;
	int rc;
};

static const char key;

int uring_setup(const struct crfs_inode_uring *r, struct io_uring_params *p)
{
	int fd;

	*p = (struct io_uring_params){ .flags = r->flags | IORING_SETUP_CQSIZE, .cq_entries = r->cq_entries };
	fd = syscall(SYS_io_uring_setup, r->sq_entries, p);
	return fd < 0 ? -errno : fd;
}

int uring_map(int fd, struct uring_map *m, int prot)
{
	const size_t cqe = sizeof(struct io_uring_cqe) << !!(m->p.flags & IORING_SETUP_CQE32);
	const size_t array = m->p.flags & CRFS_URING_NO_SQARRAY ? 0 : m->p.sq_off.array + 4UL * m->p.sq_entries;
	const size_t cqes = m->p.cq_off.cqes + cqe * m->p.cq_entries;
	int rc = 0;

	m->rings_size = array > cqes ? array : cqes;
	m->sqes_size = (sizeof(struct io_uring_sqe) << !!(m->p.flags & IORING_SETUP_SQE128)) * m->p.sq_entries;
	m->rings = mmap(NULL, m->rings_size, prot, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	if (m->rings == MAP_FAILED)
		return -errno;
	m->sqes = mmap(NULL, m->sqes_size, prot, MAP_SHARED, fd, IORING_OFF_SQES);
	if (m->sqes == MAP_FAILED) {
		rc = -errno;
		munmap(m->rings, m->rings_size);
	}
	return rc;
}

void uring_unmap(struct uring_map *m)
{
	munmap(m->rings, m->rings_size);
	munmap(m->sqes, m->sqes_size);
}

struct inode *uring_inode(struct snap *s, dev_t dev, ino_t ino)
{
	struct inode *n = snap_inode(s, &res_inode_uring, dev, ino, -1);

	if (n && !n->priv) {
		n->priv = pool_alloc(&s->pool, sizeof(struct uring));
		if (n->priv)
			*(struct uring *)n->priv = (struct uring){ .seen = false };
	}
	return n && n->priv ? n : NULL;
}

void uring_mapped(struct snap *s, unsigned int id, const struct vma *v, bool shared)
{
	struct inode *n = id ? s->inodes[id - 1] : NULL;
	struct uring *u = n && n->room == &res_inode_uring ? n->priv : NULL;

	if (u)
		u->odd |= !shared || (v->pgoff != IORING_OFF_SQ_RING && v->pgoff != IORING_OFF_CQ_RING && v->pgoff != IORING_OFF_SQES);
}

static struct flying count(struct snap *s, struct kmem *k)
{
	struct flying f = { .n = 0 };
	size_t i;

	for (i = 0; i < s->nr_tasks && !f.rc; i++)
		if (!s->tasks[i].zombie)
			f.rc = kmem_uring_flying(k, s->proc, s->tasks[i].tid, &f.n);
	return f;
}

/* What a device does is done soon: a frozen task is woken for it (do_freezer_trap() in kernel/signal.c, 6.6.50 and 6.11). */
static struct flying *flying(struct snap *s)
{
	struct flying *f = snap_noted(&s->tasks[0], &key);
	struct kmem *k;
	int ms;

	if (f)
		return f;
	f = pool_alloc(&s->scratch, sizeof(*f));
	if (!f)
		return NULL;
	k = snap_kmem(s, &f->rc);
	if (k)
		*f = count(s, k);
	else
		*f = (struct flying){ .rc = f->rc ?: -EOPNOTSUPP };
	for (ms = 0; k && f->n && !f->rc && !s->live && ms < PATIENCE_MS; ms++) {
		usleep(1000);
		*f = count(s, k);
	}
	snap_note(s, &s->tasks[0], &key, f);
	return f;
}

/* Now, since a request that is done has written to memory and files: nothing of these has been looked at yet. */
static int uring_settle(struct snap *s)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		struct mm *mm = s->mms[i];

		rc = mm->task->tape ? mm_vmas(s, mm) : 0;
		for (k = 0; k < mm->nr_vmas && !rc; k++)
			if (uring_named(mm->vmas[k].name))
				return flying(s) ? 0 : fail(s->err, -ENOMEM, "looking for requests of io_uring");
	}
	return rc ? fail(s->err, rc, "looking for io_urings") : 0;
}

static uint32_t info(const struct file *f, const char *name)
{
	uint64_t v = 0;

	file_info_num(f, name, 0, &v);
	return v;
}

/* Behind "PollList:" and "CqOverflowList:" of fdinfo there is a line for each, which begins with blanks. */
static bool listed(const struct file *f, const char *name)
{
	const char *p = strstr(f->info, name), *end = p ? strchr(p, '\n') : NULL;

	return end && end[1] == ' ';
}

static void refuse(struct snap *s, const struct file *f, int rc, const char *has, const char *todo)
{
	snap_unsupported(s, rc, file_obj(s, f), "%s with %s cannot be carried: %s", f->link, has, todo);
}

static const char without[] = "run the program without io_uring (sysctl kernel.io_uring_disabled=2)";

/* Is it no more than its rings? What else it is, is said. */
static bool is_plain(struct snap *s, const struct file *f, const struct kmem_uring *k)
{
	const uint32_t files = info(f, "UserFiles"), buffers = info(f, "UserBufs");
	const char *napi = strstr(f->info, "\nNAPI:");
	char text[96];
	bool yes = true;

	if (k->flags & ~CRFS_URING_FLAGS) {
		snprintf(text, sizeof(text), "flags 0x%x of io_uring_setup", k->flags & ~CRFS_URING_FLAGS);
		refuse(s, f, -EOPNOTSUPP, text, without);
		yes = false;
	}
	if (files || buffers) {
		snprintf(text, sizeof(text), "%u registered files and %u buffers", files, buffers);
		refuse(s, f, -EOPNOTSUPP, text, without);
		yes = false;
	}
	if (k->has || (napi && strncmp(napi + strlen("\nNAPI:"), "\tdisabled", 9))) {
		refuse(s, f, -EOPNOTSUPP, k->has ? k->has : "polling of the network (NAPI)", without);
		yes = false;
	}
	return yes;
}

/* No task of the container has a request that is not done. */
static bool is_quiet(struct snap *s, const struct file *f, const struct crfs_inode_uring *r)
{
	const struct flying *all = flying(s);

	if (!all || all->rc) {
		refuse(s, f, all ? all->rc : -ENOMEM, "requests that may be in flight",
		       "only the kernel's memory tells: mount with CAP_BPF and CAP_PERFMON (Linux 5.19)");
		return false;
	}
	if (!all->n && !listed(f, "\nPollList:") && !listed(f, "\nCqOverflowList:"))
		return true;
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s with %u requests not taken, %d in flight and %u results not seen cannot be carried: %s", f->link,
			 info(f, "SqTail") - info(f, "SqHead"), (int)(all->n ? all->n : r->taken - r->told),
			 info(f, "CqTail") - info(f, "CqHead"), without);
	return false;
}

static int take(struct uring *u, const struct file *f)
{
	struct uring_map m = { .rings = NULL };
	int twin = uring_setup(&u->r, &m.p), rc = twin < 0 ? twin : uring_map(f->dup, &m, PROT_READ);

	if (twin >= 0)
		close(twin);
	if (rc)
		return rc;
	u->r.array = m.p.flags & CRFS_URING_NO_SQARRAY ? 0 : m.p.sq_off.array;
	u->r.cqes = m.p.cq_off.cqes;
	u->rings = malloc(m.rings_size);
	u->sqes = malloc(m.sqes_size);
	if (u->rings && u->sqes) {
		memcpy(u->rings, m.rings, m.rings_size);
		memcpy(u->sqes, m.sqes, m.sqes_size);
		u->rings_size = m.rings_size;
		u->sqes_size = m.sqes_size;
		u->known = true;
	}
	uring_unmap(&m);
	return u->known ? 0 : -ENOMEM;
}

static void look(struct snap *s, struct uring *u, const struct file *f)
{
	struct kmem_uring k;
	char text[96];
	int rc;
	struct kmem *mem = snap_kmem(s, &rc);

	if (mem)
		rc = kmem_uring(mem, f->dup, &k);
	if (rc)
		return refuse(s, f, rc, "flags that only the kernel's memory tells", "mount with CAP_BPF and CAP_PERFMON (Linux 5.14)");
	k.flags &= ~(IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP);	/* are of the call, and in the numbers of entries */
	u->r = (struct crfs_inode_uring){ .flags = k.flags, .sq_entries = info(f, "SqMask") + 1, .cq_entries = info(f, "CqMask") + 1,
					  .taken = info(f, "CachedSqHead"), .told = info(f, "CachedCqTail") };
	if (u->odd)
		refuse(s, f, -EOPNOTSUPP, "a mapping of a part of it, or a copy of its own", "unmap that");
	if (!is_plain(s, f, &k) | !is_quiet(s, f, &u->r))
		return;
	if (u->r.taken > CRFS_URING_MOST || u->r.told > CRFS_URING_MOST) {
		snprintf(text, sizeof(text), "%u requests and %u results so far", u->r.taken, u->r.told);
		return refuse(s, f, -E2BIG, text, "a new one is led through as many: restart the program now and then");
	}
	rc = take(u, f);
	if (rc)
		refuse(s, f, rc, "rings that do not let themselves be mapped", without);
}

int uring_show(struct snap *s, const struct file *f)
{
	struct inode *n = uring_inode(s, f->st.st_dev, f->st.st_ino);
	struct uring *u = n ? n->priv : NULL;

	if (!u)
		return -ENOMEM;
	if (!u->seen)
		look(s, u, f);
	u->seen = true;
	return n->id;
}

static int uring_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct uring *u = n->priv;
	char *rings = u->rings, *sqes = u->sqes;

	if (!u->seen)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "inodes", n->id), "an io_uring is mapped that no task has open: unmap it "
				 "before the checkpoint");
	text_section(out, &crfs_inode_uring_shape);
	text_rec(out, &crfs_inode_uring_shape, &u->r);
	if (!u->known)
		return 0;
	u->rings = u->sqes = NULL;
	if (!tree_text(s->tree, n->dir, "rings", rings, u->rings_size)) {
		free(sqes);
		return -ENOMEM;
	}
	return tree_text(s->tree, n->dir, "sqes", sqes, u->sqes_size) ? 0 : -ENOMEM;
}

const struct resource res_inode_uring = {
	.name = "uring",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_uring_shape, NULL },
	.payloads = (const char *const[]){ "rings", "sqes", NULL },
	.settle = uring_settle,
	.read = uring_read,
	.check = uring_check,
	.make = uring_make,
};
