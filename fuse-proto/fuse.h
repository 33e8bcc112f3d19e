/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the FUSE front end share. */
#ifndef CRFS_FUSE_H
#define CRFS_FUSE_H

#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse_lowlevel.h>

#include "gen.h"

#define FOREVER 86400.0
/*
 * Names in the root of a staged tree: long enough for tar not to ask for each file, and no longer than a
 * restore takes, after which they are others.
 */
#define BRIEF 0.01

/* Inodes of the hidden directory; those of generations begin at 1 << 32. */
enum { CTL_DIR = 2, CTL_STATE, CTL_ERROR, CTL_CTL, CTL_CORE, CTL_END };

/**
 * struct crfs - the session
 * @thread: key of what a thread keeps: see struct perthread
 * @init_flags, @init_flags2: what the kernel offered, also beyond libfuse 3.14
 * @through: passthrough is agreed upon
 * @no_through: not wanted (a test of the fallback)
 * @forgets: the child that looks for names which are gone (forget_names()), or 0
 */
struct crfs {
	struct mount m;
	struct fuse_session *se;
	const char *mountpoint;
	pthread_key_t thread;
	uint32_t init_flags, init_flags2;
	bool through, no_through;
	unsigned int readahead;
	_Atomic pid_t forgets;
};

/**
 * struct perthread - what a thread of the session keeps
 * @buf: for reads, IO_MAX bytes
 * @backing: what the reply to open that is about to be sent shall pass through to
 * @init: the request at hand is INIT
 * @worker: the thread of the loop that it is, if any (fuse_loop.c)
 */
struct perthread {
	char *buf;
	int backing;
	bool init;
	struct worker *worker;
};
#define IO_MAX (1 << 20)

/**
 * struct handle - an open file or directory
 * @ctl: one of .crfs, else 0
 * @write: open for writing (staging)
 * @buf: a view's extent, filled
 * @core: of .crfs/core
 * @text, @len: of .crfs files, a copy (@own) ; of a view's manifest
 * @pos, @pos_off, @changes: where readdir was
 */
struct handle {
	struct gen *g;
	struct node *n;
	int ctl;
	bool write;
	struct buf *buf;
	struct elfcore *core;
	const char *text;
	size_t len;
	bool own;
	struct node *pos;
	off_t pos_off;
	unsigned long changes;
};

static inline struct crfs *crfs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/*
 * With @r, 0 or a negative errno. ENOSYS means to the kernel that there is no such request here, and it goes on without:
 * that a call is missing which we made ourselves must not be said like that.
 */
static inline void reply_err(fuse_req_t req, int r)
{
	fuse_reply_err(req, r == -ENOSYS ? EOPNOTSUPP : -r);
}

static inline struct handle *handle_of(struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

/* fuse_io.c: the descriptor to the kernel, and what libfuse 3.14 does not know of the protocol */
int io_setup(struct crfs *c);
bool io_can_pass(const struct crfs *c);
struct perthread *io_thread(struct crfs *c);
char *io_buffer(struct crfs *c);

/* fuse_node.c: inode numbers, attributes, references; all with m->lock held */
int node_resolve(struct crfs *c, fuse_ino_t ino, pid_t pid, bool refresh, struct gen **g,
		 struct node **n);
fuse_ino_t node_ino(const struct gen *g, const struct node *n);
void node_attr(struct crfs *c, struct gen *g, struct node *n, struct stat *st);
double attr_time(const struct gen *g, const struct node *n);
/* fills @e and counts the kernel's reference */
int node_entry(struct crfs *c, struct gen *g, struct node *n, struct fuse_entry_param *e);

/* fuse_ctl.c: .crfs */
bool ctl_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void ctl_attr(struct crfs *c, fuse_ino_t ino, struct stat *st);
int ctl_open(struct crfs *c, fuse_ino_t ino, struct handle *h);
int ctl_write(struct crfs *c, const char *buf, size_t size);
void ctl_readdir(fuse_req_t req, size_t size, off_t off, bool plus);

/* fuse_core.c: .crfs/core; core_forget() with the lock held */
bool core_is(fuse_ino_t ino);
void core_lookup(fuse_req_t req, const char *name);
void core_forget(struct crfs *c, fuse_ino_t ino, uint64_t count);
void core_getattr(fuse_req_t req, fuse_ino_t ino);
int core_open(struct crfs *c, fuse_ino_t ino, struct fuse_file_info *fi);
void core_close(struct crfs *c, struct handle *h);
void core_read(fuse_req_t req, struct handle *h, size_t size, off_t off);
void core_readdir(fuse_req_t req, size_t size, off_t off, bool plus);

/* fuse_dir.c */
void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup);
void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi);
void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_statfs(fuse_req_t req, fuse_ino_t ino);

/* fuse_file.c */
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi);
void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		  struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

/* fuse_stage.c */
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int set,
		struct fuse_file_info *fi);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned int flags);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);

/* fuse_done.c: a staged file is complete, or not any more; with m->lock held, may drop it */
int stage_done(struct crfs *c, struct gen *g, struct node *n);
void stage_undone(struct crfs *c, struct node *n);

/**
 * handle_new() - a handle on @n, counted; with m->lock held
 * Return: the handle or NULL
 */
struct handle *handle_new(struct crfs *c, struct gen *g, struct node *n, bool write);
/* opens a staged node; decides whether it is passed through, *backing is then not 0 */
int stage_handle(struct crfs *c, struct gen *g, struct node *n, struct fuse_file_info *fi,
		 int *backing);
void handle_free(struct crfs *c, struct handle *h);

/* fuse_loop.c: the threads that serve requests. Return: 0 or a negative errno */
int loop_run(struct crfs *c);
/** loop_aside() - what this thread is about to do takes long: let another one receive requests */
void loop_aside(struct crfs *c);

/** crfs_mount() - mount, become a daemon, serve until unmounted. Return: exit status */
int crfs_mount(struct crfs *c, const struct options *opts, struct fuse_args *args,
	       const char *mountpoint, bool foreground);

#endif
