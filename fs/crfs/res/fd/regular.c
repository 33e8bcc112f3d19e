// SPDX-License-Identifier: GPL-2.0-only
/* Regular files that have a name: they stay where they are. */
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/seq_file.h>
#include <linux/stat.h>

#include <crfs/res/fd/regular.h>

#include "internal.h"

static bool regular_match(const struct cfile *f)
{
	return file_plain(f) && f->st.nlink;
}

/* File systems whose files are views of the kernel: size, time and inode number mean nothing. */
static bool synthetic(const struct cfile *f)
{
	switch (f->file->f_path.dentry->d_sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case SECURITYFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/** struct pressure - how what is open in cgroupfs begins (struct cgroup_file_ctx, kernel/cgroup/cgroup-internal.h, 5.17) */
struct pressure {
	void *ns, *trigger;
};

/* In /proc it is what the file is read of. */
static bool has_trigger(const struct cfile *f)
{
	const bool proc = f->file->f_path.dentry->d_sb->s_magic == PROC_SUPER_MAGIC;
	const struct seq_file *seq = f->file->private_data;
	const struct kernfs_open_file *of;
	const struct pressure *p;
	const char *end = strrchr(f->link, '.') ?: "";
	const char *in = strstr(f->link, "/pressure/");

	if (!(f->file->f_mode & FMODE_WRITE) || !synthetic(f) || !seq ||
	    (proc ? !in || strchr(in + strlen("/pressure/"), '/') : strcmp(end, ".pressure")))
		return false;
	if (proc)
		return READ_ONCE(seq->private);
	of = seq->private;
	p = of ? READ_ONCE(of->priv) : NULL;
	return p && READ_ONCE(p->trigger);
}

static int regular_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_regular r = { .size = 0 };
	struct cfile *f = obj;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (has_trigger(f))
		snap_lost(s, file_obj(s, f), "the trigger of %s (PSI): poll(2) will say POLLERR: let the program close it",
			  f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	if (!synthetic(f) && !tmpfs_carried(s, f->file->f_path.dentry->d_sb)) {
		r.size = f->st.size;
		r.mtime_ns = timespec64_to_ns(&f->st.mtime);
		r.ino = f->st.ino;
	}
	text_section(out, &crfs_fd_regular_shape);
	text_rec(out, &crfs_fd_regular_shape, &r);
	locks_read(s, f, out);
	return 0;
}

const struct room res_fd_regular = {
	.name = "regular",
	.scope = PER_FILE,
	.locks = true,
	.match = regular_match,
	.read = regular_read,
};
