// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A System V semaphore set: semget(2), semctl(2).
 *
 * Values and last users, asked in the container's IPC namespace. Undo entries are a process's:
 * task/semundo. Who changed a semaphore last and is there still says so again: adds one and takes it
 * away, in one semop(2). Lost: times, and the pids of those who are no more.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include <crfs/res/inode/sysv_sem.h>

#include "res/task/semundo.h"
#include "rooms.h"
#include "sysv.h"

#define SEM_MAX 32767	/* SEMVMX */
#define SETS_MAX 32000	/* semaphores in a set: SEMMSL can be raised, no further */
#define BATCH 32	/* semaphores that one semop(2) touches twice: SEMOPM is 500 */

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static pid_t last_user(struct snap *s, const struct inode *n, unsigned int i)
{
	int pid = semctl(sysv_id(n), i, GETPID);

	return sysv_user(s, n, pid) ?: semundo_has(s, sysv_ns(n), sysv_id(n), i);
}

static int write_rows(struct snap *s, const struct inode *n, size_t nr, struct text *out)
{
	unsigned short *value = calloc(nr + 1, sizeof(*value));
	union semun arg = { .array = value };
	struct crfs_semaphore row;
	size_t i;
	int rc = !value ? -ENOMEM : semctl(sysv_id(n), 0, GETALL, arg) < 0 ? -errno : 0;

	for (i = 0; i < nr && !rc; i++) {
		row = (struct crfs_semaphore){ value[i], last_user(s, n, i) };
		text_rec(out, &crfs_semaphore_shape, &row);
	}
	free(value);
	return rc;
}

static int sem_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_sem rec = { .perm.id = 0 };
	struct semid_ds ds = { .sem_nsems = 0 };
	union semun arg = { .buf = &ds };
	struct inode *n = obj;
	struct visit v;
	int rc = sysv_begin(s, sysv_ns(n), &v);

	if (rc)
		return rc;
	if (semctl(sysv_id(n), 0, IPC_STAT, arg) < 0)
		rc = -errno;
	sysv_perm(n, &ds.sem_perm, &rec.perm);
	text_section(out, &crfs_sysv_sem_shape);
	text_rec(out, &crfs_sysv_sem_shape, &rec);
	text_section(out, &crfs_semaphore_shape);
	if (!rc)
		rc = write_rows(s, n, ds.sem_nsems, out);
	rc = visit_end(&v) ?: s->live ? 0 : rc;
	return rc ? fail(s->err, rc, "semctl of set %d", sysv_id(n)) : 0;
}

static bool same(const struct crfs_sysv_sem *r, size_t nr)
{
	struct semid_ds ds;
	union semun arg = { .buf = &ds };

	return semctl(r->perm.id, 0, IPC_STAT, arg) >= 0 && ds.sem_nsems == nr &&
	       (uint32_t)ds.sem_perm.__key == r->perm.key && ds.sem_perm.cuid == r->perm.cuid &&
	       ds.sem_perm.cgid == r->perm.cgid;
}

/* One that somebody who lives has used is not what a dead container has left. */
static bool in_use(const struct crfs_sysv_sem *r, size_t nr)
{
	size_t i;
	int pid;

	for (i = 0; i < nr; i++) {
		pid = semctl(r->perm.id, i, GETPID);
		if (pid > 0 && (!kill(pid, 0) || errno != ESRCH))
			return true;
		if (semctl(r->perm.id, i, GETNCNT) > 0 || semctl(r->perm.id, i, GETZCNT) > 0)
			return true;
	}
	return false;
}

static void sem_check(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_sem *r = image_rec(o, &res_inode_sysv_sem, 0);
	struct sysv *v = r ? sysv_check(im, o, &r->perm, SYSV_SEM) : NULL;
	const struct crfs_semaphore *row;
	const struct iobj *t;
	size_t nr, i;

	row = image_recs(o, &res_inode_sysv_sem, 1, &nr);
	if (!nr || nr > SETS_MAX)
		image_mismatch(im, -EINVAL, o->path, "%zu semaphores: no set has as many", nr);
	for (i = 0; i < nr; i++) {
		t = row[i].pid ? image_obj(im, IOBJ_TASK, row[i].pid) : NULL;
		if (row[i].value > SEM_MAX)
			image_mismatch(im, -EINVAL, o->path, "semaphore %zu: value %u: it is %u at most",
				       i, row[i].value, SEM_MAX);
		if (row[i].pid && !t)
			image_mismatch(im, -EINVAL, o->path, "semaphore %zu: pid %u is not in tasks/", i,
				       row[i].pid);
	}
	if (v && v->there && (!same(r, nr) || in_use(r, nr)))
		sysv_stranger(im, o, &r->perm);
}

static int get(const void *arg, int key, int flags)
{
	return semget(key, *(const size_t *)arg, flags);
}

static int set_all(const struct crfs_sysv_sem *r, const struct crfs_semaphore *row, size_t nr)
{
	unsigned short *value = calloc(nr, sizeof(*value));
	union semun arg = { .array = value };
	size_t i;
	int rc = value ? 0 : -ENOMEM;

	for (i = 0; i < nr && value; i++)
		value[i] = row[i].value;
	if (!rc && semctl(r->perm.id, 0, SETALL, arg) < 0)
		rc = -errno;
	free(value);
	return rc;
}

static int sem_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_sysv_sem *r = image_rec(o, &res_inode_sysv_sem, 0);
	struct semid_ds ds = { .sem_perm = { .uid = r->perm.uid, .gid = r->perm.gid,
					     .mode = r->perm.mode } };
	union semun arg = { .buf = &ds };
	const struct crfs_semaphore *row;
	size_t nr;
	int rc;

	row = image_recs(o, &res_inode_sysv_sem, 1, &nr);
	rc = sysv_make(rs, o, &r->perm, SYSV_SEM, get, &nr);
	if (rc)
		return rc;
	rc = set_all(r, row, nr);
	if (rc)
		return fail_on(rs->err, rc, o->path, "SETALL");
	if (semctl(r->perm.id, 0, IPC_SET, arg) < 0)
		return fail_on(rs->err, -errno, o->path, "owner and mode");
	return 0;
}

/* Changes nothing but who did it last. */
static void touch(const struct crfs_sysv_sem *r, const unsigned int *num,
		  const struct crfs_semaphore *row, size_t n, struct tape *t)
{
	struct sembuf op[2 * BATCH];
	size_t i;

	for (i = 0; i < n; i++) {
		short d = row[num[i]].value == SEM_MAX ? -1 : 1;

		op[2 * i] = (struct sembuf){ num[i], d, IPC_NOWAIT };
		op[2 * i + 1] = (struct sembuf){ num[i], -d, IPC_NOWAIT };
	}
	if (n)
		tape_call(t, "semop", SYS_semop, r->perm.id, tape_data(t, op, 2 * n * sizeof(*op)),
			  2 * n);
}

static int sem_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_sysv_sem *r = image_rec(o, &res_inode_sysv_sem, 0);
	const struct crfs_semaphore *row;
	unsigned int num[BATCH], n = 0;
	size_t nr, i;

	(void)rs;
	row = image_recs(o, &res_inode_sysv_sem, 1, &nr);
	for (i = 0; i < nr; i++) {
		if (row[i].pid != rt->o->id)
			continue;
		num[n++] = i;
		if (n < BATCH)
			continue;
		touch(r, num, row, n, t);
		n = 0;
	}
	touch(r, num, row, n, t);
	return 0;
}

static void sem_undo(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_sem *r = image_rec(o, &res_inode_sysv_sem, 0);
	size_t nr;

	(void)im;
	image_recs(o, &res_inode_sysv_sem, 1, &nr);
	if (r && sysv_undo(o, &r->perm) && same(r, nr))
		semctl(r->perm.id, 0, IPC_RMID);
}

const struct resource res_inode_sysv_sem = {
	.name = "sysv_sem",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_sysv_sem_shape, &crfs_semaphore_shape,
						      NULL },
	.phase = PHASE_FDS,
	.read = sem_read,
	.check = sem_check,
	.make = sem_make,
	.put = sem_put,
	.undo = sem_undo,
};
