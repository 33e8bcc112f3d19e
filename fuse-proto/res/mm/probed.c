// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code with probes in it: uprobes of perf(1), bpftrace(8), of whoever observes programs by eBPF: refused.
 *
 * Such a probe is a breakpoint in the task's own copy of a page of its program or of a library. It belongs to the
 * tracer, who takes it off when he goes, and to the kernel, which swallows the trap. The page would travel with the
 * breakpoint in it, as any that differs from its file; where it comes back without a tracer, SIGTRAP ends the program.
 * /proc tells nothing of it, unless the kernel needed room to run an instruction elsewhere ([uprobes]).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <crfs/vma.h>

#include "proc.h"
#include "probed.h"
#include "scan.h"

/** struct code - @mem, @file: descriptors of the memory and of what is mapped at @v; @at: where the first probe is */
struct code {
	const struct vma *v;
	int mem, file;
	uint64_t at;
};

static bool may_be(const struct vma *v)
{
	return v->ino && v->anon + v->swap && !(v->flags & MAP_SHARED) && v->prot & PROT_EXEC && !(v->prot & PROT_WRITE);
}

static bool is_probed(struct code *c, uint64_t page)
{
	uint8_t mem[PAGE], file[PAGE] = { 0 };
	long at;

	if (pread(c->mem, mem, PAGE, page) != (ssize_t)PAGE ||
	    pread(c->file, file, PAGE, c->v->pgoff + (page - c->v->start)) < 0)
		return false;
	at = crfs_probed(mem, file, PAGE);
	if (at >= 0)
		c->at = page + at;
	return at >= 0;
}

static bool any_probed(struct code *c, struct scan *sc)
{
	uint64_t page;
	size_t i;

	if (scan_range(sc, c->v->start, c->v->end, false))
		return false;
	for (i = 0; i < sc->nr; i++)
		for (page = sc->range[i].start; page < sc->range[i].end && !sc->range[i].guard; page += PAGE)
			if (is_probed(c, page))
				return true;
	return false;
}

static bool look(struct snap *s, const struct mm *mm, struct code *c)
{
	struct scan sc;
	bool yes;

	c->file = proc_open(s->proc, O_RDONLY, "%d/map_files/%lx-%lx", mm->task->tid, (long)c->v->start, (long)c->v->end);
	c->mem = proc_open(s->proc, O_RDONLY, "%d/mem", mm->task->tid);
	yes = c->file >= 0 && c->mem >= 0 && !scan_open(&sc, s->proc, mm->task->tid);
	if (yes) {
		yes = any_probed(c, &sc);
		scan_close(&sc);
	}
	if (c->file >= 0)
		close(c->file);
	if (c->mem >= 0)
		close(c->mem);
	return yes;
}

void probed_check(struct snap *s, const struct mm *mm)
{
	struct code c = { NULL };
	size_t i;

	for (i = 0; i < mm->nr_vmas; i++) {
		c.v = &mm->vmas[i];
		if (!may_be(c.v) || !look(s, mm, &c))
			continue;
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "the code of %s is probed at 0x%lx (uprobes: perf, bpftrace): take the probes off", c.v->name,
				 (long)c.at);
		return;
	}
}
