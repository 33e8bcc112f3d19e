// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An address space beside its mappings: program, brk, arguments, environment, auxiliary vector.
 *
 * From /proc/<pid>/{stat,exe,auxv}; brk, what prctl(2) tells, protection keys and
 * mlockall(MCL_FUTURE) only the task knows. Put back with PR_SET_MM_MAP (3.18), which needs
 * CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN for the program file (5.9), and none for the rest. The
 * program file may only be set while nothing of the old one is mapped: first of all, therefore.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keep.h"
#include "mm.h"
#include "pkeys.h"
#include "proc.h"
#include "program.h"
#include "res/ns/ns.h"
#include "res/task/ask.h"
#include "spawn.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#define PROBE 0x10000ULL	/* a first try for an address that nothing uses */

struct answers {
	unsigned int brk, thp, merge, locked;	/* ops */
	uint64_t vec;	/* 0: not asked whether what is new is locked */
};

static const char key;

/* Where nothing is mapped: the tape is going to map and unmap a page there. */
static uint64_t free_page(struct snap *s, struct mm *mm)
{
	uint64_t at = PROBE;
	size_t i;

	if (mm_vmas(s, mm))
		return 0;
	for (i = 0; i < mm->nr_vmas && mm->vmas[i].start < at + 2 * PAGE; i++)
		if (mm->vmas[i].end + PAGE > at)
			at = mm->vmas[i].end + PAGE;
	return at + PAGE < USER_END ? at : 0;
}

/*
 * MCL_FUTURE shows in a new mapping only: what is locked refuses MADV_DONTNEED, and unless it is
 * locked on fault, it is there before it is touched.
 */
static void ask_lock(struct answers *a, uint64_t at, struct tape *tape)
{
	a->vec = tape_data(tape, NULL, 1);
	tape_call(tape, "mmap", SYS_mmap, at, PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ask(tape, SYS_mincore, at, PAGE, a->vec);
	a->locked = ask(tape, SYS_madvise, at, PAGE, MADV_DONTNEED);
	tape_call(tape, "munmap", SYS_munmap, at, PAGE);
}

static void status_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct answers *a = pool_alloc(&s->scratch, sizeof(*a));
	uint64_t at = free_page(s, t->mm);

	if (!a)
		return;
	a->brk = ask(tape, SYS_brk, 0);
	a->thp = ask(tape, SYS_prctl, PR_GET_THP_DISABLE);
	a->merge = ask(tape, SYS_prctl, PR_GET_MEMORY_MERGE);
	if (at)
		pkeys_ask(s, t, at, tape);
	if (at)
		ask_lock(a, at, tape);
	snap_note(s, t, &key, a);
}

static void read_answers(const struct task *t, struct crfs_mm_status *st)
{
	const struct answers *a = snap_noted(t, &key);
	int64_t thp;

	if (!a || !t->tape)
		return;
	st->brk = ask_ret(t, a->brk);
	thp = ask_ret(t, a->thp);
	st->thp_disable = thp > 0 ? thp : 0;
	st->merge = ask_ret(t, a->merge) > 0;
	if (a->vec && ask_ret(t, a->locked) == -EINVAL)
		st->lock_future = CRFS_LOCK_FUTURE |
				  (*(uint8_t *)tape_local(t->tape, a->vec) & 1 ? 0 :
				   CRFS_LOCK_ONFAULT);
}

/* Fields of /proc/<pid>/stat, proc(5) */
static void read_stat(const struct task *t, struct crfs_mm_status *st)
{
	st->start_code = snap_stat(t, 26);
	st->end_code = snap_stat(t, 27);
	st->start_stack = snap_stat(t, 28);
	st->start_data = snap_stat(t, 45);
	st->end_data = snap_stat(t, 46);
	st->start_brk = snap_stat(t, 47);
	st->brk = st->start_brk;
	st->arg_start = snap_stat(t, 48);
	st->arg_end = snap_stat(t, 49);
	st->env_start = snap_stat(t, 50);
	st->env_end = snap_stat(t, 51);
}

static struct crfs_str str(const char *p)
{
	return (struct crfs_str){ p, p ? strlen(p) : 0 };
}

/* One that is unlinked travels, and need not be known again: res/mm/program.c */
static void read_exe(struct snap *s, struct mm *mm, struct fileid *id, struct crfs_mm_status *st)
{
	char *link = proc_link(s->proc, "%d/exe", mm->task->tid);
	int fd = link ? proc_open(s->proc, O_PATH, "%d/exe", mm->task->tid) : -1;
	struct stat f;

	if (fd >= 0)
		st->exe = str(pool_strdup(&s->scratch, link));
	if (fd >= 0 && !fstat(fd, &f) && f.st_nlink && !fileid_get(fd, id)) {
		st->build_id = str(id->build_id);
		st->size = id->size;
		st->mtime = id->mtime;
		st->mtime_nsec = id->mtime_nsec;
	}
	if (fd >= 0)
		close(fd);
	free(link);
}

static void write_auxv(struct snap *s, const struct mm *mm, struct text *out)
{
	size_t len = 0, i;
	uint64_t *v = (uint64_t *)proc_read(s->proc, &len, "%d/auxv", mm->task->tid);

	text_section(out, &crfs_auxv_shape);
	for (i = 0; v && i + 1 < len / 8 && v[i]; i += 2)
		text_rec(out, &crfs_auxv_shape, &(struct crfs_auxv){ v[i], v[i + 1] });
	free(v);
}

static int status_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_mm_status st = { .mnt_ns = 0 };
	struct text pkeys = { 0 };
	struct mm *mm = obj;
	struct task *t = mm->task;
	struct fileid id;
	uint64_t tags = snap_status(t, "untag_mask") ? snap_status_num(t, "untag_mask", 16) : ~0ULL;

	st.mnt_ns = ns_id(s, t, "mnt");
	read_exe(s, mm, &id, &st);
	read_stat(t, &st);
	read_answers(t, &st);
	if (~tags)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "tagged addresses (LAM): not carried yet");
	pkeys_list(t, &pkeys);
	st.pkeys = text_str(&pkeys);
	text_section(out, &crfs_mm_status_shape);
	text_rec(out, &crfs_mm_status_shape, &st);
	text_free(&pkeys);
	write_auxv(s, mm, out);
	return text_failed(out) ? -ENOMEM : 0;
}

static bool ordered(const struct crfs_mm_status *st)
{
	const uint64_t v[] = { st->start_code, st->end_code, st->start_data, st->end_data,
			       st->start_brk, st->brk, st->start_stack, st->arg_start, st->arg_end,
			       st->env_start, st->env_end };
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i] < PAGE || v[i] >= USER_END)
			return false;
	return st->start_code < st->end_code && st->start_data <= st->end_data &&
	       st->start_brk <= st->brk && st->arg_start <= st->arg_end &&
	       st->env_start <= st->env_end;
}

static void status_check(struct image *im, struct iobj *o)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);
	size_t n;

	image_recs(o, &res_mm_status, 1, &n);
	if (!st || !ordered(st) || n > 60 || st->lock_future & ~3U || st->merge > 1 ||
	    st->thp_disable > 3) {
		image_mismatch(im, -EINVAL, o->path, "status: not of a program");
		return;
	}
	if (!program_inode(o))
		mm_file_check(im, o, st->mnt_ns,
			      &(struct crfs_mapped){ st->exe, st->build_id, st->size, st->mtime,
						     st->mtime_nsec });
	pkeys_check(im, o, st->pkeys);
}

static int status_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);
	struct mmdata *d = mm_data(rs->im, o);

	if (!d)
		return fail(rs->err, -ENOMEM, "%s", o->path);
	d->exe = program_inode(o) ? program_fd(rs, o) : mm_file_fd(rs, o, st->mnt_ns, st->exe, false);
	return d->exe < 0 ? d->exe : 0;
}

static void put_map(const struct crfs_mm_status *st, const struct iobj *o, int exe, struct tape *t)
{
	struct prctl_mm_map m = {
		.start_code = st->start_code, .end_code = st->end_code,
		.start_data = st->start_data, .end_data = st->end_data,
		.start_brk = st->start_brk, .brk = st->brk, .start_stack = st->start_stack,
		.arg_start = st->arg_start, .arg_end = st->arg_end,
		.env_start = st->env_start, .env_end = st->env_end, .exe_fd = exe,
	};
	struct crfs_auxv auxv[64] = { 0 };	/* ends with AT_NULL */
	const struct crfs_auxv *v;
	size_t n;

	v = image_recs(o, &res_mm_status, 1, &n);
	if (n)
		memcpy(auxv, v, n * sizeof(*v));
	m.auxv_size = (n + 1) * sizeof(*auxv);
	m.auxv = (void *)tape_data(t, auxv, m.auxv_size);
	tape_call(t, "PR_SET_MM_MAP", SYS_prctl, PR_SET_MM, PR_SET_MM_MAP,
		  tape_data(t, &m, sizeof(m)), sizeof(m));
}

/* What a fork passes on must be said where it differs from what the maker has. */
static const struct crfs_mm_status *inherited(const struct rtask *rt)
{
	const struct rtask *maker = rt->birth ? rt->birth->maker : NULL;

	return maker && maker->mm ? image_rec(maker->mm, &res_mm_status, 0) : NULL;
}

static int status_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0), *had = inherited(rt);
	struct mmdata *d = mm_data(rs->im, o);
	uint64_t arena = (uintptr_t)rs->arena;
	int rc = keep_plan(rs, rt, o, &d->keep);

	if (rc)
		return rc;
	keep_unmap(d->keep, 0, arena, t);
	keep_unmap(d->keep, arena + rs->arena_size, USER_END, t);
	put_map(st, o, keep_any(d->keep) ? -1 : d->exe, t);
	tape_call(t, "PR_SET_THP_DISABLE", SYS_prctl, PR_SET_THP_DISABLE, st->thp_disable & 1,
		  st->thp_disable & ~1U);
	if (st->merge != (had ? had->merge : 0))
		tape_call(t, "PR_SET_MEMORY_MERGE", SYS_prctl, PR_SET_MEMORY_MERGE, st->merge);
	pkeys_put(st->pkeys, t);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_mm_status_shape, &crfs_auxv_shape, NULL };

const struct resource res_mm_status = {
	.name = "status",
	.scope = PER_MM,
	.shapes = shapes,
	.phase = PHASE_MM,
	.ask = status_ask,
	.read = status_read,
	.check = status_check,
	.make = status_make,
	.put = status_put,
};
