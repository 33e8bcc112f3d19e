// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring(7): its two rings and its requests, of which none is being done.
 *
 * All of it stands in struct io_ring_ctx and struct io_uring_task, which linux/io_uring_types.h shows to modules. What
 * cannot be carried, and why: see fuse-proto/res/inode/uring.c.
 */
#include <linux/delay.h>
#include <linux/io_uring_types.h>
#include <linux/percpu_counter.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "res/inode/uring.h"

#define PATIENCE_MS 500		/* for requests in flight */

/*
 * struct uring - one
 * @odd: a mapping shows a part of it, or a copy; @seen: looked at, and what is wrong was said
 * @rings, @sqes: until the tree has them; NULL: it cannot be carried
 */
struct uring {
	struct crfs_inode_uring r;
	bool odd, seen;
	struct text *rings, *sqes;
};

struct cinode *uring_inode(struct snap *s, const struct file *file)
{
	struct cinode *n = snap_inode(s, &res_inode_uring, file->private_data, NULL);
	struct uring *u = n ? n->priv ?: snap_alloc(s, sizeof(*u)) : NULL;

	if (!u)
		return NULL;
	if (!n->priv)
		*u = (struct uring){ .seen = false };
	n->priv = u;
	return n;
}

void uring_mapped(const struct cinode *n, const struct crfs_vma *row)
{
	struct uring *u = n && n->room == &res_inode_uring ? n->priv : NULL;

	if (u)
		u->odd |= !(row->flags & CRFS_VMA_SHARED) ||
			  (row->offset != IORING_OFF_SQ_RING && row->offset != IORING_OFF_CQ_RING &&
			   row->offset != IORING_OFF_SQES);
}

/* Each thread counts those that are not done, and some ahead of time. */
static s64 in_flight(const struct snap *s)
{
	s64 n = 0;
#ifdef CONFIG_IO_URING
	struct io_uring_task *t;
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		t = s->tasks[i].zombie ? NULL : READ_ONCE(s->tasks[i].task->io_uring);
		if (t)
			n += percpu_counter_sum(&t->inflight) - READ_ONCE(t->cached_refs);
	}
#endif
	return n;
}

/*
 * What a device does is done soon, and has then written to memory and files, so it is waited for before these are
 * looked at. A frozen task is woken for it (do_freezer_trap() in kernel/signal.c, 6.6.50 and 6.11): then -EAGAIN.
 */
int uring_settle(struct snap *s)
{
	size_t i;
	int ms;

	for (ms = 0; (s->flying = in_flight(s)) && ms < PATIENCE_MS; ms++)
		usleep_range(1000, 1500);
	for (i = 0; ms && i < s->nr_tasks; i++)
		if (!task_stands(&s->tasks[i]))
			return -EAGAIN;
	return 0;
}

static const char without[] = "run the program without io_uring (sysctl kernel.io_uring_disabled=2)";

static void refuse(struct snap *s, const struct cfile *f, int rc, const char *has, const char *todo)
{
	snap_unsupported(s, rc, file_obj(s, f), "%s with %s cannot be carried: %s", f->link, has, todo);
}

/* What makes an io_uring more than its rings; of several, that which user space names. */
static const char *has(const struct io_ring_ctx *ctx)
{
	if (ctx->iowq_limits[0] || ctx->iowq_limits[1])
		return "a number of workers";
	if (!xa_empty(&ctx->io_bl_xa) || crfs_uring_first_buffers(ctx))
		return "provided buffers";
	if (!xa_empty(&ctx->personalities))
		return "personalities";
	if (rcu_access_pointer(ctx->io_ev_fd))
		return "an eventfd";
	if (ctx->restrictions.registered)
		return "restrictions";
	if (crfs_uring_clock(ctx) != CLOCK_MONOTONIC)
		return "a clock of its own";
	return crfs_uring_napi(ctx) ? "polling of the network (NAPI)" : NULL;
}

/* Is it no more than its rings? What else it is, is said. */
static bool is_plain(struct snap *s, const struct cfile *f, const struct io_ring_ctx *ctx, u32 flags)
{
	const char *more = has(ctx);

	if (flags & ~CRFS_URING_FLAGS)
		refuse(s, f, -EOPNOTSUPP,
		       snap_printf(s, "flags 0x%x of io_uring_setup", flags & ~CRFS_URING_FLAGS), without);
	if (ctx->nr_user_files || ctx->nr_user_bufs)
		refuse(s, f, -EOPNOTSUPP, snap_printf(s, "%u registered files and %u buffers", ctx->nr_user_files,
						      ctx->nr_user_bufs), without);
	if (more)
		refuse(s, f, -EOPNOTSUPP, more, without);
	return !(flags & ~CRFS_URING_FLAGS) && !ctx->nr_user_files && !ctx->nr_user_bufs && !more;
}

static bool any(const struct io_hash_table *t)
{
	size_t i;

	for (i = 0; i < 1UL << t->hash_bits; i++)
		if (!hlist_empty(&t->hbs[i].list))
			return true;
	return false;
}

/* No task of the container has a request that is not done. */
static bool is_quiet(struct snap *s, const struct cfile *f, const struct io_ring_ctx *ctx,
		     const struct crfs_inode_uring *r)
{
	const struct io_uring *sq = &ctx->rings->sq, *cq = &ctx->rings->cq;

	if (!s->flying && !any(&ctx->cancel_table) && !any(&ctx->cancel_table_locked) &&
	    list_empty(&ctx->cq_overflow_list))
		return true;
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s with %u requests not taken, %d in flight and %u results not seen cannot be carried: %s",
			 f->link, READ_ONCE(sq->tail) - READ_ONCE(sq->head), (int)(s->flying ?: r->taken - r->told),
			 READ_ONCE(cq->tail) - READ_ONCE(cq->head), without);
	return false;
}

static int take(struct snap *s, struct uring *u, const struct io_ring_ctx *ctx)
{
	struct text *rings = snap_text(s), *sqes = snap_text(s);

	if (!rings || !sqes)
		return -ENOMEM;
	u->r.array = u->r.flags & CRFS_URING_NO_SQARRAY ? 0 : (char *)ctx->sq_array - (char *)ctx->rings;
	u->r.cqes = offsetof(struct io_rings, cqes);
	text_bytes(rings, (char *)ctx->rings, crfs_uring_rings(&u->r));
	text_bytes(sqes, (char *)ctx->sq_sqes, crfs_uring_sqes(&u->r));
	if (rings->failed || sqes->failed)
		return -ENOMEM;
	u->rings = rings;
	u->sqes = sqes;
	return 0;
}

static int look(struct snap *s, struct uring *u, const struct cfile *f)
{
	const struct io_ring_ctx *ctx = f->file->private_data;
	bool plain, quiet;

	u->r = (struct crfs_inode_uring){
		/* these are of the call, and in the numbers of entries */
		.flags = ctx->flags & ~(IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP),
		.sq_entries = ctx->sq_entries, .cq_entries = ctx->cq_entries,
		.taken = ctx->cached_sq_head, .told = ctx->cached_cq_tail,
	};
	if (u->odd)
		refuse(s, f, -EOPNOTSUPP, "a mapping of a part of it, or a copy of its own", "unmap that");
	plain = is_plain(s, f, ctx, u->r.flags);
	quiet = is_quiet(s, f, ctx, &u->r);
	if (!plain || !quiet)
		return 0;
	if (u->r.taken <= CRFS_URING_MOST && u->r.told <= CRFS_URING_MOST)
		return take(s, u, ctx);
	refuse(s, f, -E2BIG, snap_printf(s, "%u requests and %u results so far", u->r.taken, u->r.told),
	       "a new one is led through as many: restart the program now and then");
	return 0;
}

int uring_show(struct snap *s, const struct cfile *f)
{
	struct cinode *n = uring_inode(s, f->file);
	struct uring *u = n ? n->priv : NULL;
	int rc = !u ? -ENOMEM : u->seen ? 0 : look(s, u, f);

	if (rc)
		return rc;
	u->seen = true;
	return n->id;
}

static int payload(struct snap *s, struct cnode *dir, const char *name, struct text *t)
{
	size_t len;
	char *bytes = text_take(t, &len);

	return tree_text(s->tree, dir, name, bytes, len) ? 0 : -ENOMEM;
}

static int uring_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct uring *u = n->priv;

	if (!u->seen)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "inodes", n->id),
				 "an io_uring is mapped that no task has open: unmap it before the checkpoint");
	text_section(out, &crfs_inode_uring_shape);
	text_rec(out, &crfs_inode_uring_shape, &u->r);
	if (!u->rings)
		return 0;
	return payload(s, n->dir, "rings", u->rings) ?: payload(s, n->dir, "sqes", u->sqes);
}

const struct room res_inode_uring = {
	.name = "uring",
	.scope = PER_INODE,
	.read = uring_read,
};
