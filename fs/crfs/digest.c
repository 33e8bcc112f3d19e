// SPDX-License-Identifier: GPL-2.0-only
/*
 * Digests of files: for the manifest of a view, which comes last, and to compare what is staged with its manifest.
 *
 * In a view that of what is read in order, from its beginning, is taken on the way. It takes a third as long as copying
 * the bytes, or more, so another CPU goes on with a longer file, where there is one, beside who reads it and in a pass of
 * its own. The queue is short: what is in it is still in a cache that both have, and where it is full, since the other
 * CPUs have more to do, who reads goes on by himself. What neither has begun is the manifest's. Extents that are copied in
 * are given to the worker, too, when they are closed.
 *
 * The worker is the mount's, and ends with it. It holds generations, and an address space for no more than a piece.
 */
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "read.h"
#include "stage.h"
#include "stage_pages.h"

/* Bytes that a file of a view is read of first: who looks at its beginning is not after all of it; and that are left. */
#define HANDED_FROM (64 << 10)
#define HANDED_MIN (256 << 10)
#define QUEUED_MAX 8
#define PATIENCE (HZ / 100)

/** struct digester - of a mount. @lock: of @queue, which has @queued files, and @at, the file that the worker has */
struct digester {
	spinlock_t lock;
	struct list_head queue;
	unsigned int queued;
	struct cnode *at;
	wait_queue_head_t done;		/* with @at */
	struct work_struct work;
	bool end;
};

/** struct queued - @node, whose digest is begun, with a reference to its generation; or @staged, with one to it */
struct queued {
	struct list_head list;
	struct cnode *node;
	struct inode *staged;
	struct digesting d;
};

static void digesting_init(struct digesting *d)
{
	xxh64_reset(&d->x, 0);
	d->done = 0;
}

void digesting_add(struct digesting *d, const void *p, size_t n)
{
	if (!d)
		return;
	xxh64_update(&d->x, p, n);
	d->done += n;
}

bool digest_known(const struct cnode *n)
{
	return smp_load_acquire(&n->digest_known);
}

/* Whoever comes first: it is the same for all. */
static void digest_set(struct cnode *n, u64 digest)
{
	WRITE_ONCE(n->digest, digest);
	smp_store_release(&n->digest_known, true);
}

/* The next bytes: where the room can do so they go nowhere but into the digest, else by way of @piece. */
static ssize_t add_piece(struct cnode *n, struct digesting *d, void *piece)
{
	size_t size = min_t(loff_t, n->size - d->done, DIGEST_PIECE);
	struct kvec v = { .iov_base = piece, .iov_len = size };
	struct iov_iter to;
	ssize_t got;

	if (n->ops->digests) {
		iov_iter_discard(&to, ITER_DEST, size);
		return node_read(n, &to, d->done, d);
	}
	iov_iter_kvec(&to, ITER_DEST, &v, 1, size);
	got = node_read(n, &to, d->done, NULL);
	if (got > 0)
		digesting_add(d, piece, got);
	return got;
}

static int add_rest(struct cnode *n, struct digesting *d, void *piece)
{
	const struct digester *g = n->gen->mi->digester;
	ssize_t got;

	while (d->done < n->size) {
		got = add_piece(n, d, piece);
		if (got <= 0)
			return got ? got : -EIO;
		cond_resched();
		if (fatal_signal_pending(current) || READ_ONCE(g->end))
			return -EINTR;
	}
	digest_set(n, xxh64_digest(&d->x));
	return 0;
}

/* ---- by another CPU ---- */

/* One more, of which no reference is taken yet; NULL: there is no other CPU, or it has enough to do. */
static struct queued *queued_new(const struct digester *g)
{
	if (READ_ONCE(g->queued) >= QUEUED_MAX || num_online_cpus() < 2)
		return NULL;
	return kzalloc(sizeof(struct queued), GFP_KERNEL_ACCOUNT);
}

static void queued_free(struct queued *q)
{
	if (q->node)
		gen_put(q->node->gen);
	if (q->staged)
		iput(q->staged);
	kfree(q);
}

/* With the lock: who is to have @n, or NULL */
static struct queued *find(const struct digester *g, const struct cnode *n)
{
	struct queued *q;

	list_for_each_entry(q, &g->queue, list)
		if (q->node == n)
			return q;
	return NULL;
}

static void unqueue(struct digester *g, struct queued *q)
{
	list_del(&q->list);
	WRITE_ONCE(g->queued, g->queued - 1);
}

static struct queued *next(struct digester *g)
{
	struct queued *q;

	spin_lock(&g->lock);
	q = list_first_entry_or_null(&g->queue, struct queued, list);
	if (q) {
		unqueue(g, q);
		WRITE_ONCE(g->at, q->node);
	}
	spin_unlock(&g->lock);
	return q;
}

/* What fails the manifest tries once more, and says why. */
static void digester_run(struct work_struct *work)
{
	struct digester *g = container_of(work, struct digester, work);
	struct queued *q;

	while (!READ_ONCE(g->end) && (q = next(g))) {
		if (q->staged)
			spages_hash(q->staged);
		else if (!digest_known(q->node))
			add_rest(q->node, &q->d, NULL);
		smp_store_release(&g->at, NULL);
		wake_up_all(&g->done);
		queued_free(q);
	}
}

/* Unless it is there already. */
static void enqueue(struct digester *g, struct queued *q)
{
	bool had;

	spin_lock(&g->lock);
	had = q->node && (g->at == q->node || find(g, q->node));
	if (!had) {
		list_add_tail(&q->list, &g->queue);
		WRITE_ONCE(g->queued, g->queued + 1);
	}
	spin_unlock(&g->lock);
	if (had)
		queued_free(q);
	else
		queue_work(system_unbound_wq, &g->work);
}

/* Return: has the worker @n now, or had it already? */
static bool hand_over(struct cnode *n, const struct digesting *d)
{
	struct digester *g = n->gen->mi->digester;
	struct queued *q = queued_new(g);

	if (!q)
		return false;
	kref_get(&n->gen->ref);
	q->node = n;
	q->d = *d;
	enqueue(g, q);
	return true;
}

/* digest_staged() - whoever wrote @inode, an extent, has closed it */
void digest_staged(struct inode *inode)
{
	struct digester *g = sfile_of(inode)->st->mi->digester;
	struct queued *q = i_size_read(inode) < HANDED_MIN ? NULL : queued_new(g);

	if (!q) {
		spages_hash(inode);
		return;
	}
	ihold(inode);
	q->staged = inode;
	enqueue(g, q);
}

/*
 * What the worker has not begun, it will not begin any more. What it is at, it is soon done with, unless its CPU has other
 * things to do. Return: 0, also if it is not done; -EINTR
 */
static int take_back(struct cnode *n)
{
	struct digester *g = n->gen->mi->digester;
	struct queued *q;
	long rc;

	spin_lock(&g->lock);
	q = find(g, n);
	if (q)
		unqueue(g, q);
	spin_unlock(&g->lock);
	if (q)
		queued_free(q);
	rc = wait_event_killable_timeout(g->done, smp_load_acquire(&g->at) != n, PATIENCE);
	return rc < 0 ? -EINTR : 0;
}

int digester_init(struct mount_info *mi)
{
	struct digester *g = kzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	spin_lock_init(&g->lock);
	INIT_LIST_HEAD(&g->queue);
	init_waitqueue_head(&g->done);
	INIT_WORK(&g->work, digester_run);
	mi->digester = g;
	return 0;
}

/* digester_end() - nobody has a file of the mount open any more; before the inodes go */
void digester_end(struct mount_info *mi)
{
	struct digester *g = mi->digester;
	struct queued *q, *more;

	WRITE_ONCE(g->end, true);
	cancel_work_sync(&g->work);
	list_for_each_entry_safe(q, more, &g->queue, list)
		queued_free(q);
}

/* ---- on the way ---- */

/* Is this the next piece in order, and nobody else's? Then it is the caller's to add to. */
static bool digest_begin(struct digesting *d, const struct cnode *n, loff_t pos)
{
	if (digest_known(n) || test_and_set_bit_lock(0, &d->busy))
		return false;
	if (!pos)
		digesting_init(d);
	if (d->done == pos)
		return true;
	clear_bit_unlock(0, &d->busy);
	return false;
}

/* If @got bytes have not all arrived where they were to go, or were not added, there will be no digest. */
static void digest_end(struct digesting *d, struct cnode *n, loff_t pos, ssize_t got)
{
	if (got <= 0 || d->done != pos + got)
		d->done = -1;
	else if (d->done == n->size)
		digest_set(n, xxh64_digest(&d->x));
	else if (d->done >= HANDED_FROM && n->size - d->done >= HANDED_MIN && hand_over(n, d))
		d->done = -1;
	clear_bit_unlock(0, &d->busy);
}

/* digest_read() - node_read() for who has @n open; @d: his, or NULL */
ssize_t digest_read(struct digesting *d, struct cnode *n, struct iov_iter *to, loff_t pos)
{
	ssize_t got;

	if (!d || !iov_iter_count(to) || !digest_begin(d, n, pos))
		return node_read(n, to, pos, NULL);
	got = node_read(n, to, pos, d);
	digest_end(d, n, pos, got);
	return got;
}

/* digest_now() - for the manifest. @piece: DIGEST_PIECE bytes. Return: 0 or a negative errno */
int digest_now(struct cnode *n, void *piece)
{
	struct digesting d;
	int rc;

	if (digest_known(n))
		return 0;
	if (n->kind == NODE_TEXT) {
		digest_set(n, xxh64(n->text, n->size, 0));
		return 0;
	}
	rc = take_back(n);
	if (rc || digest_known(n))
		return rc;
	digesting_init(&d);
	return add_rest(n, &d, piece);
}
