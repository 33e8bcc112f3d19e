// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2): name, size, owner, seals, and its pages as extents named by the offset.
 * Seals are where fcntl(2) finds them, which memfd_fcntl() would say but is not exported.
 */
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/magic.h>
#include <linux/shmem_fs.h>
#include <linux/stat.h>
#include <linux/string.h>

#include <crfs/res/inode/memfd.h>

#include "internal.h"

/* " (deleted)" behind "/memfd:name" */
static struct crfs_str name_of(const char *link)
{
	size_t n = strlen(link);

	return n < 17 ? str_of("") : (struct crfs_str){ link + 7, n - 17 };
}

static u32 seals_of(struct inode *inode)
{
#ifdef CONFIG_HUGETLBFS
	if (inode->i_sb->s_magic == HUGETLBFS_MAGIC)
		return HUGETLBFS_I(inode)->seals;
#endif
	return SHMEM_I(inode)->seals;
}

static int memfd_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *i = obj;
	const char *link = path_text(s, &i->file->f_path);
	struct crfs_inode_memfd rec = { .size = 0 };
	struct kstat st;
	int rc = vfs_getattr(&i->file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (rc || !link)
		return rc ?: -ENOMEM;
	rec.name = name_of(link);
	rec.size = st.size;
	rec.page = st.blksize > PAGE_SIZE ? st.blksize : 0;
	rec.mode = st.mode & 07777;
	rec.uid = from_kuid_munged(s->mi->cred->user_ns, st.uid);
	rec.gid = from_kgid_munged(s->mi->cred->user_ns, st.gid);
	rec.seals = seals_of(file_inode(i->file));
	lost_xattrs(s, i, "a memfd");
	lost_flags(s, i, file_inode(i->file), "a memfd");
	text_section(out, &crfs_inode_memfd_shape);
	text_rec(out, &crfs_inode_memfd_shape, &rec);
	return shmem_extents(s, i, rec.size);
}

const struct room res_inode_memfd = {
	.name = "memfd",
	.scope = PER_INODE,
	.read = memfd_read,
};
