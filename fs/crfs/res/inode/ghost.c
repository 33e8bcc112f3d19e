// SPDX-License-Identifier: GPL-2.0-only
/*
 * A regular file without a name: the name it had, and its content as extents named by the offset.
 * Lost: access time; extended attributes, except those of security modules.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>

#include <crfs/res/inode/ghost.h>

#include "internal.h"

/*
 * Opening a file on which somebody has a lease would break it; then its own description must
 * do.
 */
static struct file *open_own(struct file *file)
{
	struct file_lock_context *ctx = crfs_lock_context(file_inode(file));

	return ctx && !list_empty_careful(&ctx->flc_lease) ? get_file(file) : file_reopen(file);
}

struct cinode *ghost(struct snap *s, struct file *file, const struct place *p)
{
	struct file *own = open_own(file);
	struct cinode *n;
	struct place *kept;

	if (IS_ERR(own))
		return ERR_CAST(own);
	n = snap_inode(s, &res_inode_ghost, file_inode(file), own);
	if (!n || n->priv)
		return n ?: ERR_PTR(-ENOMEM);
	kept = snap_alloc(s, sizeof(*kept));
	if (!kept)
		return ERR_PTR(-ENOMEM);
	*kept = *p;
	n->priv = kept;
	return n;
}

/* The kernel names what O_TMPFILE makes '#' and its inode number. */
static void tmpfile_name(struct crfs_inode_ghost *g, u64 ino)
{
	char name[32];
	size_t n = snprintf(name, sizeof(name), "/#%llu", ino);

	if (g->path.len < n || memcmp(g->path.p + g->path.len - n, name, n))
		return;
	g->tmpfile = 1;
	g->path.len -= g->path.len == n ? n - 1 : n;
}

static int ghost_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	const struct place *p = n->priv;
	struct crfs_inode_ghost g = { .path = p->path, .mnt_ns = p->mnt_ns };
	struct kstat st;
	int rc = vfs_getattr(&n->file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (rc)
		return rc;
	tmpfile_name(&g, st.ino);
	g.mode = st.mode & 07777;
	g.uid = from_kuid_munged(s->mi->cred->user_ns, st.uid);
	g.gid = from_kgid_munged(s->mi->cred->user_ns, st.gid);
	g.size = st.size;
	g.mtime_ns = timespec64_to_ns(&st.mtime);
	lost_xattrs(s, n, "an unlinked file");
	lost_flags(s, n, file_inode(n->file), "an unlinked file");
	text_section(out, &crfs_inode_ghost_shape);
	text_rec(out, &crfs_inode_ghost_shape, &g);
	return shmem_extents(s, n, st.size);
}

const struct room res_inode_ghost = {
	.name = "ghost",
	.scope = PER_INODE,
	.read = ghost_read,
};
