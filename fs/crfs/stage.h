/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Staging: what is copied into the mount of a cgroup without tasks, until it is a container.
 *
 * Names are the stage's own (struct snode) and not the dcache's: after a restore those who filled
 * it see it for a while, and all others the view. Files are inodes with their bytes in the page
 * cache (struct sfile), and directories.
 */
#ifndef CRFS_STAGE_H
#define CRFS_STAGE_H

#include <linux/list.h>
#include <linux/wait.h>

#include "internal.h"

/* Numbers of staged inodes; INO_CTL is above, those of generations are below. */
#define INO_STAGE (1ULL << 61)

#define STAGE_WRITERS 64

struct manifest;
struct entry;
struct run;
struct spages;

/**
 * struct snode - a name of the stage
 * @children: in the order of @seq, by which readdir tells where it is
 * @inode: with a reference; NULL: the root, whose inode is that of the mount
 * @same: in sfile.names
 * @entry: the line of the manifest that it is
 */
struct snode {
	struct snode *parent;
	struct list_head children, sibling, same;
	struct hlist_node hash;
	struct inode *inode;
	struct entry *entry;
	u64 seq;
	size_t len;
	char *name;
};

/**
 * struct sfile - a staged file or directory, inode.i_private
 * @names: its struct snodes; none: it is in the stage no more
 * @own: where the bytes of an extent are; NULL: they are in the page cache
 * @writers: open for writing
 * @complete: whoever wrote it has closed it; @changed: written since
 * @charged: bytes taken of the limit
 */
struct sfile {
	struct stage *st;
	struct inode *inode;
	struct list_head names;
	struct spages *own;
	unsigned int writers;
	bool complete, changed;
	loff_t charged;
};

/**
 * struct stage - of a mount
 * @lock: of everything in here; inside of the VFS's locks. Not held while a helper runs
 * @slots: hash of (directory, name)
 * @used, @limit: bytes, of files and names
 * @busy: a helper runs; nothing changes. @restoring: that is a restore. @idle: for its end
 * @over: it has become a container, and is there for @writers only
 * @failed: so did the last restore, or check
 * @changed: something did since the trigger last looked
 * @fresh: the manifest has just been closed
 * @recheck: an empty file was passed over, look again when it is closed
 * @writers: processes that wrote to it
 */
struct stage {
	struct mutex lock;
	struct mount_info *mi;
	struct super_block *sb;
	struct snode root;
	struct hlist_head *slots;
	u64 seq, ino;
	atomic64_t used;
	s64 limit;
	wait_queue_head_t idle;
	struct run *run;
	bool busy, restoring, over, failed;
	bool changed, fresh, recheck;
	struct manifest *man;
	struct pid *writers[STAGE_WRITERS];
	unsigned int next_writer;
	const char *files;
};

static inline struct stage *stage_of(const struct super_block *sb)
{
	return ((struct mount_info *)sb->s_fs_info)->stage;
}

static inline struct sfile *sfile_of(const struct inode *inode)
{
	return inode->i_private;
}

/* stage.c: names, and whose they are */
struct snode *stage_find(struct stage *st, struct snode *dir, const char *name, size_t len);
struct snode *stage_dir(struct stage *st, struct inode *dir);
int stage_add(struct stage *st, struct snode *dir, const struct qstr *name, struct inode *inode);
void stage_remove(struct stage *st, struct snode *n);
int stage_move(struct stage *st, struct snode *n, struct snode *dir, const struct qstr *name);
struct snode *stage_next(struct snode *n, const struct snode *top);
bool stage_room(struct stage *st, struct sfile *f, loff_t size);
bool stage_look(struct stage *st);
void stage_wrote(struct stage *st);
void stage_leave(struct stage *st);
bool stage_wrote_it(struct stage *st);
bool stage_others(struct stage *st);
void stage_spend(struct stage *st);
ssize_t stage_pread(struct inode *inode, char *buf, size_t size);
void stage_truncate(struct inode *inode, loff_t size);

/* stage_dir.c, stage_file.c: the VFS's side */
extern const struct inode_operations stage_dir_iops, stage_file_iops;
extern const struct file_operations stage_dir_fops, stage_fops;

/* trigger.c: what a change means to the manifest; with st->lock held */
int trigger_done(struct stage *st, struct sfile *f);
bool trigger_names(const struct stage *st, const struct sfile *f);
void trigger_undone(struct stage *st, struct sfile *f);
int trigger_named(struct stage *st, struct snode *n);
void trigger_unnamed(struct stage *st, struct snode *n);
int trigger_moved(struct stage *st);
void trigger_reset(struct stage *st);
int trigger_run(struct stage *st);
void trigger_later(struct stage *st, int rc);
void trigger_finished(struct stage *st, const struct snode *dir);

/* restore.c: the helper; with st->lock held, which is dropped meanwhile */
enum run_mode { RUN_RESTORE, RUN_VERIFY, RUN_CHECK };
int run_helper(struct stage *st, enum run_mode mode);
void run_later(struct stage *st, int rc, bool verify);
bool run_is_mine(const struct stage *st);
void stage_hush(struct stage *st);
__printf(4, 5) void stage_say(struct stage *st, int rc, const char *object, const char *fmt, ...);

#endif
