// SPDX-License-Identifier: GPL-2.0-only
/*
 * A System V shared memory segment: names and rights, and its pages as extents named by the offset.
 *
 * Its file is found by who maps it, or, if nobody does, in the segment. The number of attachments that the
 * kernel counts is compared with the mappings of the container: more are somebody else's.
 */
#include <linux/fs.h>
#include <linux/shm.h>
#include <linux/stat.h>

#include <crfs/res/inode/sysv_shm.h>

#include "internal.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

#define SHM_DEST 01000	/* ipc/shm.c */
#define SHM_LOCKED 02000

/** struct look - what is said of the segment @shm, NULL: it is not in the namespace; @file: with a reference */
struct look {
	bool there, forced;
	unsigned long attached;
	struct file *file;
};

static void fill(struct snap *s, const struct cinode *n, const struct shmid_kernel *shm, struct crfs_sysv_shm *rec)
{
	sysv_perm(s, n, shm ? &shm->shm_perm : NULL, &rec->perm);
	if (!shm)
		return;
	rec->size = shm->shm_segsz;
	rec->locked = !!(shm->shm_perm.mode & SHM_LOCKED);
	rec->removed = !!(shm->shm_perm.mode & SHM_DEST);
}

/* Who maps it may have come from another namespace, where one has the same number: it is another file. */
static int look(struct snap *s, const struct cinode *n, struct crfs_sysv_shm *rec, struct look *l)
{
	struct ipc_namespace *ns = sysv_in(s, sysv_ns(n));
	struct shmid_kernel *shm;
	struct kern_ipc_perm *p;

	if (!ns)
		return -ESTALE;
	down_read(&ns->ids[SYSV_SHM].rwsem);
	p = sysv_find(ns, SYSV_SHM, sysv_id(n));
	shm = p ? sysv_shm(p) : NULL;
	if (shm && n->file && file_inode(n->file) != file_inode(shm->shm_file))
		shm = NULL;
	fill(s, n, shm, rec);
	*l = (struct look){ .there = shm, .forced = READ_ONCE(ns->shm_rmid_forced),
			    .attached = shm ? shm->shm_nattch : 0 };
	if (shm && !n->file)
		l->file = get_file(shm->shm_file);
	up_read(&ns->ids[SYSV_SHM].rwsem);
	ipc_drop(ns);
	return 0;
}

static void name_obstacles(struct snap *s, const struct cinode *n, const struct look *l)
{
	const char *obj = snap_obj(s, "inodes", n->id);

	if (l->there && !l->attached && l->forced)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "System V segment %d is attached by nobody, and would go with its maker (kernel.shm_rmid_forced): let a task attach it",
				 sysv_id(n));
	if (l->there && l->attached > n->vmas)
		snap_unsupported(s, -EXDEV, obj,
				 "System V segment %d is attached %lu times outside the container: end those who have it, or run the container under unshare --ipc",
				 sysv_id(n), l->attached - n->vmas);
	else if (!l->there || l->attached < n->vmas)
		snap_unsupported(s, -EXDEV, obj,
				 "System V segment %d is attached from another IPC namespace: let the program detach it",
				 sysv_id(n));
}

static int shm_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_shm rec = { .size = 0 };
	struct cinode *n = obj;
	struct kstat st = { .size = 0 };
	struct look l;
	int rc = look(s, n, &rec, &l);

	if (!rc && l.file) {
		n->file = file_reopen(l.file);
		fput(l.file);
		rc = PTR_ERR_OR_ZERO(n->file);
		if (rc)
			n->file = NULL;
	}
	if (!rc && n->file)
		rc = vfs_getattr(&n->file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);
	if (rc)
		return rc;
	name_obstacles(s, n, &l);
	rec.page = n->file && st.blksize > PAGE_SIZE ? st.blksize : 0;
	text_section(out, &crfs_sysv_shm_shape);
	text_rec(out, &crfs_sysv_shm_shape, &rec);
	return n->file ? shmem_extents(s, n, st.size) : 0;
}

const struct room res_inode_sysv_shm = {
	.name = "sysv_shm",
	.scope = PER_INODE,
	.read = shm_read,
};
