// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of an address space is put back last of all: it forbids what a restore does, or is forked.
 *
 * Dumpable (changing ids clears it), memory-deny-write-execute (6.3), membarrier registrations
 * (readable since 6.3), the filter of core dumps, sealed mappings (mseal(2), 6.10), and seals of
 * memfds against future writing, which must wait until all writable mappings exist. Lost: dumpable
 * 2 (suid_dumpable) comes back as 0, which differs only in who may read a core.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/inode/memfd.h>
#include <crfs/res/mm/flags.h>

#include "mm.h"
#include "proc.h"
#include "res/inode/memfd.h"
#include "res/task/ask.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#define CMD_GET_REGISTRATIONS (1 << 9)
#define FILTER_DEFAULT 0x33

static const char key;

struct answers {
	unsigned int dumpable, mdwe, membarrier;	/* ops */
};

static void flags_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct answers *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->dumpable = ask(tape, SYS_prctl, PR_GET_DUMPABLE);
	a->mdwe = ask(tape, SYS_prctl, PR_GET_MDWE);
	a->membarrier = ask(tape, SYS_membarrier, CMD_GET_REGISTRATIONS);
	snap_note(s, t, &key, a);
}

static uint32_t positive(int64_t ret)
{
	return ret > 0 ? ret : 0;
}

static int flags_read(struct snap *s, void *obj, struct text *out)
{
	struct mm *mm = obj;
	const struct answers *a = snap_noted(mm->task, &key);
	char *filter = proc_read(s->proc, NULL, "%d/coredump_filter", mm->task->tid);
	struct crfs_mm_flags f = { .coredump_filter = filter ? strtoul(filter, NULL, 16) : 0 };

	free(filter);
	if (a) {
		f.dumpable = ask_ret(mm->task, a->dumpable);
		f.mdwe = positive(ask_ret(mm->task, a->mdwe));
		f.membarrier = positive(ask_ret(mm->task, a->membarrier));
	}
	if (f.dumpable > 1)
		snap_lost(s, snap_obj(s, "mms", mm->id),
			  "dumpable 2 (fs.suid_dumpable) comes back as 0");
	text_section(out, &crfs_mm_flags_shape);
	text_rec(out, &crfs_mm_flags_shape, &f);
	return text_failed(out) ? -ENOMEM : 0;
}

static void flags_check(struct image *im, struct iobj *o)
{
	const struct crfs_mm_flags *f = image_rec(o, &res_mm_flags, 0);

	if (f->dumpable > 2 || f->mdwe & ~3U)
		image_mismatch(im, -EINVAL, o->path, "flags: no address space has these");
	if (f->mdwe && prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0)
		image_mismatch(im, -EOPNOTSUPP, o->path, "flags: mdwe: needs Linux 6.3");
}

static int put_filter(struct restore *rs, struct rtask *rt, const struct iobj *o, uint32_t filter)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "0x%x", filter);
	int fd = proc_open(rs->proc, O_WRONLY, "%d/coredump_filter", rt->pid);
	int rc = fd < 0 ? fd : write(fd, text, n) == n ? 0 : -errno;

	if (fd >= 0)
		close(fd);
	return rc ? fail_on(rs->err, rc, o->path, "coredump_filter of %d", rt->pid) : 0;
}

/* What is reported are the commands that registered. */
static void put_membarrier(uint32_t registered, struct tape *t)
{
	int bit;

	for (bit = 0; bit < 9; bit++)
		if (registered >> bit & 1)
			tape_call(t, "membarrier", SYS_membarrier, 1 << bit);
}

/* All tasks have mapped what they map. */
static int seal_memfds(struct restore *rs)
{
	const struct image *im = rs->im;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_INODE]; i++) {
		const struct iobj *o = &im->objs[IOBJ_INODE][i];
		const struct crfs_inode_memfd *m;
		int now;

		if (o->room != &res_inode_memfd || o->fd < 0)
			continue;
		m = image_rec(o, &res_inode_memfd, 0);
		now = fcntl(o->fd, F_GET_SEALS);
		if (now >= 0 && m->seals & ~now && fcntl(o->fd, F_ADD_SEALS, m->seals & ~now))
			return fail_on(rs->err, -errno, o->path, "sealing a memfd");
	}
	return 0;
}

static int flags_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_mm_flags *f = image_rec(o, &res_mm_flags, 0);
	const struct mmdata *d = mm_data(rs->im, o);
	size_t i;
	int rc = o == rs->im->objs[IOBJ_MM] ? seal_memfds(rs) : 0;	/* once */

	if (!rc)
		rc = put_filter(rs, rt, o, f->coredump_filter);
	if (rc)
		return rc;
	put_membarrier(f->membarrier, t);
	for (i = 0; i < d->nr; i++)
		if (d->rows[i].flags & CRFS_VMA_SEALED)
			tape_call(t, "mseal", SYS_mseal, d->rows[i].start,
				  d->rows[i].end - d->rows[i].start, 0);
	if (f->mdwe)
		tape_call(t, "PR_SET_MDWE", SYS_prctl, PR_SET_MDWE, f->mdwe);
	tape_call(t, "PR_SET_DUMPABLE", SYS_prctl, PR_SET_DUMPABLE, f->dumpable == 1);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_mm_flags_shape, NULL };

const struct resource res_mm_flags = {
	.name = "flags",
	.scope = PER_MM,
	.shapes = shapes,
	.phase = PHASE_SHARED,
	.ask = flags_ask,
	.read = flags_read,
	.check = flags_check,
	.put = flags_put,
};
