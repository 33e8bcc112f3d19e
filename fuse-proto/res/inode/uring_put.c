// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An io_uring is made again: a new one, which is led to where the old one was, as no call sets where the kernel is in its
 * rings: through as many requests that do nothing (IORING_OP_NOP) as the old one has taken, and through results that other
 * io_urings send it (IORING_OP_MSG_RING, 5.18) if that has told more. Then what is in the rings is written into them. Tasks map
 * it, so all of it comes before the tasks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rooms.h"
#include "uring.h"

#define BATCH 1024	/* of the one that sends results */

bool uring_whole(const struct iobj *n, const struct crfs_vma *v)
{
	return !n || n->room != &res_inode_uring ||
	       (v->flags & CRFS_VMA_SHARED && (v->offset == IORING_OFF_SQ_RING || v->offset == IORING_OFF_CQ_RING ||
					       v->offset == IORING_OFF_SQES));
}

static bool power_of_two(uint32_t n, uint32_t most)
{
	return n && !(n & (n - 1)) && n <= most;
}

static bool has_bytes(struct image *im, const struct iobj *n, const char *name, uint64_t bytes)
{
	const struct node *p = tree_find(im->tree, n->node, name);

	if (p && (uint64_t)p->size == bytes)
		return true;
	image_mismatch(im, -EINVAL, n->path, "%s has %lld bytes, and is one of %llu", name, p ? (long long)p->size : 0,
		       (unsigned long long)bytes);
	return false;
}

void uring_check(struct image *im, struct iobj *n)
{
	const struct crfs_inode_uring *r = image_rec(n, &res_inode_uring, 0);

	if (!r)
		return;
	if (r->flags & ~CRFS_URING_FLAGS || !power_of_two(r->sq_entries, 1U << 15) || !power_of_two(r->cq_entries, 1U << 16) ||
	    r->cq_entries < r->sq_entries)
		image_mismatch(im, -EINVAL, n->path, "there is no such io_uring");
	else if (r->taken > CRFS_URING_MOST || r->told > CRFS_URING_MOST)
		image_mismatch(im, -EINVAL, n->path, "%u requests and %u results are more than one is led through", r->taken, r->told);
	else if (has_bytes(im, n, "rings", crfs_uring_rings(r)))
		has_bytes(im, n, "sqes", crfs_uring_sqes(r));
}

static uint32_t *word(const struct uring_map *m, uint32_t at)
{
	return (void *)(m->rings + at);
}

/* All results that are there count as seen. */
static void see(const struct uring_map *m)
{
	__atomic_store_n(word(m, m->p.cq_off.head), __atomic_load_n(word(m, m->p.cq_off.tail), __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

/* @n requests like @sqe; @to, if any, gets their results */
static int submit(int fd, const struct uring_map *m, const struct io_uring_sqe *sqe, uint32_t n, const struct uring_map *to)
{
	const size_t size = sizeof(*sqe) << !!(m->p.flags & IORING_SETUP_SQE128);
	uint32_t i, some, tail;
	long took;

	for (i = 0; i < m->p.sq_entries; i++) {
		memcpy(m->sqes + i * size, sqe, sizeof(*sqe));
		if (!(m->p.flags & CRFS_URING_NO_SQARRAY))
			word(m, m->p.sq_off.array)[i] = i;
	}
	for (tail = *word(m, m->p.sq_off.tail); n; n -= some) {
		some = n < m->p.sq_entries ? n : m->p.sq_entries;
		if (to && some > to->p.cq_entries)
			some = to->p.cq_entries;
		tail += some;
		__atomic_store_n(word(m, m->p.sq_off.tail), tail, __ATOMIC_RELEASE);
		for (i = some; i; i -= took) {
			took = syscall(SYS_io_uring_enter, fd, i, 0, 0, NULL, 0);
			if (took <= 0)
				return took ? -errno : -EIO;
		}
		see(m);
		if (to)
			see(to);
	}
	return 0;
}

/* Results without requests */
static int send_results(int fd, const struct uring_map *m, uint32_t n)
{
	const struct crfs_inode_uring helper = { .sq_entries = BATCH, .cq_entries = 2 * BATCH };
	const struct io_uring_sqe send = { .opcode = IORING_OP_MSG_RING, .fd = fd };
	struct uring_map by = { .rings = NULL };
	int other = uring_setup(&helper, &by.p), rc = other < 0 ? other : uring_map(other, &by, PROT_READ | PROT_WRITE);

	if (!rc) {
		rc = submit(other, &by, &send, n, m);
		uring_unmap(&by);
	}
	if (other >= 0)
		close(other);
	return rc;
}

static int lead(int fd, const struct uring_map *m, const struct crfs_inode_uring *r)
{
	const struct io_uring_sqe nop = { .opcode = IORING_OP_NOP };
	const struct io_uring_sqe silent = { .opcode = IORING_OP_NOP, .flags = IOSQE_CQE_SKIP_SUCCESS };
	const uint32_t both = r->taken < r->told ? r->taken : r->told;
	int rc = submit(fd, m, &nop, both, NULL);

	if (!rc && r->taken > both)
		rc = submit(fd, m, &silent, r->taken - both, NULL);
	if (!rc && r->told > both)
		rc = send_results(fd, m, r->told - both);
	if (!rc && (*word(m, m->p.sq_off.head) != r->taken || *word(m, m->p.cq_off.tail) != r->told))
		rc = -EIO;
	return rc;
}

/* All but what the kernel says of itself, which is the same where that is sound. */
static int fill(struct restore *rs, struct iobj *n, const struct uring_map *m, const struct crfs_inode_uring *r)
{
	struct node *rings = tree_find(rs->im->tree, n->node, "rings"), *sqes = tree_find(rs->im->tree, n->node, "sqes");
	const uint32_t own[] = { m->p.sq_off.ring_mask, m->p.sq_off.ring_entries, m->p.sq_off.flags, m->p.cq_off.ring_mask,
				 m->p.cq_off.ring_entries };
	char *data = malloc(m->rings_size);
	size_t i;
	int rc = !data ? -ENOMEM : (size_t)rings->size != m->rings_size || (size_t)sqes->size != m->sqes_size ? -EINVAL : 0;

	if (!rc && (node_pread(rings, data, m->rings_size, 0) != rings->size || node_pread(sqes, m->sqes, m->sqes_size, 0) != sqes->size))
		rc = -EIO;
	for (i = 0; i < sizeof(own) / sizeof(own[0]) && !rc; i++)
		memcpy(data + own[i], m->rings + own[i], 4);
	if (!rc) {
		memcpy(data + m->p.sq_off.head, &r->taken, 4);
		memcpy(data + m->p.cq_off.tail, &r->told, 4);
		memcpy(m->rings, data, m->rings_size);
	}
	free(data);
	return rc;
}

int uring_make(struct restore *rs, struct iobj *n)
{
	const struct crfs_inode_uring *r = image_rec(n, &res_inode_uring, 0);
	struct uring_map m = { .rings = NULL };
	int rc;

	n->fd = uring_setup(r, &m.p);
	if (n->fd < 0)
		return fail_on(rs->err, n->fd, n->path, "io_uring_setup(2): needs kernel.io_uring_disabled=0, and a kernel with its flags");
	if (m.p.cq_off.cqes != r->cqes || (m.p.flags & CRFS_URING_NO_SQARRAY ? 0 : m.p.sq_off.array) != r->array)
		return fail_on(rs->err, -EOPNOTSUPP, n->path, "this kernel lays out its rings in another way");
	rc = uring_map(n->fd, &m, PROT_READ | PROT_WRITE);
	if (rc)
		return fail_on(rs->err, rc, n->path, "mapping its rings");
	rc = lead(n->fd, &m, r);
	if (rc)
		fail_on(rs->err, rc, n->path, "leading it through %u requests and %u results", r->taken, r->told);
	else if ((rc = fill(rs, n, &m, r)))
		fail_on(rs->err, rc, n->path, "what is in its rings");
	uring_unmap(&m);
	return rc;
}
