// SPDX-License-Identifier: GPL-2.0-only
/* Shared anonymous memory, mmap(2) with MAP_SHARED and MAP_ANONYMOUS, or of /dev/zero. */
#include <linux/fs.h>
#include <linux/stat.h>

#include <crfs/res/inode/shm.h>

#include "internal.h"

static int shm_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *i = obj;
	struct crfs_inode_shm rec;
	struct kstat st;
	int rc = vfs_getattr(&i->file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (rc)
		return rc;
	rec = (struct crfs_inode_shm){ .size = st.size,
				       .page = st.blksize > PAGE_SIZE ? st.blksize : 0 };
	text_section(out, &crfs_inode_shm_shape);
	text_rec(out, &crfs_inode_shm_shape, &rec);
	return shmem_extents(s, i, rec.size);
}

const struct room res_inode_shm = {
	.name = "shm",
	.scope = PER_INODE,
	.read = shm_read,
};
