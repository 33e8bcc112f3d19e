// SPDX-License-Identifier: GPL-2.0-or-later
/* The session: mounting, becoming a daemon, serving, and what the kernel has to forget. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drop.h"
#include "fuse.h"
#include "gen_cores.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct crfs *c = userdata;

	conn->max_write = IO_MAX;
	conn->max_readahead = c->readahead;
	conn->max_background = 64;
	conn->want |= conn->capable & (FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ |
				       FUSE_CAP_ASYNC_DIO | FUSE_CAP_CACHE_SYMLINKS);
	/* without passthrough the kernel collects what a tool writes in pieces of 10 KiB */
	if (!io_can_pass(c))
		conn->want |= conn->capable & FUSE_CAP_WRITEBACK_CACHE;
	conn->want &= ~(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static const struct fuse_lowlevel_ops ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.statfs = op_statfs,
	.create = op_create,
	.fallocate = op_fallocate,
	.lseek = op_lseek,
};

/*
 * In a child: system calls only. Whoever holds the session keeps it from ending, should its maker be killed. The names
 * are looked for in a mount namespace of its own: umount(8) in the other one shall not find the mount busy.
 */
static void __attribute__((noreturn)) look_again(const struct crfs *c, const struct gen *g, int go)
{
	const struct node *n;
	struct stat st;
	char path[PATH_MAX], word;
	unsigned int tid;
	size_t i;

	close(fuse_session_fd(c->se));
	if (read(go, &word, 1) != 0)
		_exit(1);
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	for (n = tree_root(g->tree)->child; n; n = n->next)
		if (snprintf(path, sizeof(path), "%s/%s", c->mountpoint, n->name) < (int)sizeof(path))
			lstat(path, &st);
	for (i = 0; (tid = cores_asked(g, i)); i++)
		if (snprintf(path, sizeof(path), "%s/.crfs/core/%u", c->mountpoint, tid) < (int)sizeof(path))
			lstat(path, &st);
	_exit(0);
}

/*
 * Let the kernel forget a generation's names, and with them everything it has open. There is a
 * notification for that (FUSE_NOTIFY_INVAL_ENTRY), for which the kernel waits for whoever is busy in
 * the root, who may wait for us: were we killed then, both would wait for ever. So a child looks for
 * the names, and is told that they are gone.
 */
static void forget_names(struct crfs *c, struct gen *g)
{
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid) {
		close(go[1]);
		look_again(c, g, go[0]);
	}
	c->forgets = pid > 0 ? pid : 0;
	close(go[0]);
	close(go[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->forgets = 0;
}

/* A generation is over: its names in the root, and what is open of it, are not to be cached. */
static void gone(void *arg, struct gen *g)
{
	struct crfs *c = arg;
	struct node *n;
	struct front *f;
	bool open;

	forget_names(c, g);
	for (n = tree_root(g->tree); n; n = tree_next(n, NULL)) {
		pthread_mutex_lock(&c->m.lock);
		f = n->front;
		open = f && f->handles;
		pthread_mutex_unlock(&c->m.lock);
		if (open)
			fuse_lowlevel_notify_inval_inode(c->se, node_ino(g, n), 0, 0);
	}
}

/* FUSE asks for 128 KiB at a time unless told otherwise; only root may tell. */
static void raise_readahead(struct crfs *c)
{
	char path[64], text[16];
	struct stat st;
	int fd;

	if (stat(c->mountpoint, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "%u", c->readahead >> 10);
	if (write(fd, text, strlen(text)) < 0)
		fuse_log(FUSE_LOG_DEBUG, "crfs: %s: %s\n", path, strerror(errno));
	close(fd);
}

static void readahead_job(void *a, void *b)
{
	(void)b;
	raise_readahead(a);
}

static int serve(struct crfs *c)
{
	struct err e = { .code = 0 };
	int r = mount_start(&c->m, &e);

	if (!r) {
		/* it waits for the answer to a request of its own, so another thread does it */
		work_add(&c->m.notes, readahead_job, c, NULL);
		r = loop_run(c);
	}
	if (r < 0)
		fuse_log(FUSE_LOG_ERR, "crfs: %s: %s\n", err_name(r), e.text);
	return r < 0 ? 1 : 0;
}

/*
 * What was asked for and nobody serves any more fails at once, or a notification that waits for it
 * would never end. Unless it is unmounted already.
 */
static void abort_requests(struct crfs *c)
{
	struct pollfd p = { .fd = fuse_session_fd(c->se) };

	if (poll(&p, 1, 0) == 1 && p.revents & POLLERR)
		return;
	umount2(c->mountpoint, MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW);
}

static int run(struct crfs *c, bool foreground)
{
	int r = 1;

	if (fuse_set_signal_handlers(c->se))
		return 1;
	if (!fuse_session_mount(c->se, c->mountpoint)) {
		if (!io_setup(c) && !fuse_daemonize(foreground) && !drop_capabilities())
			r = serve(c);
		abort_requests(c);
		fuse_session_unmount(c->se);
	}
	fuse_remove_signal_handlers(c->se);
	return r;
}

int crfs_mount(struct crfs *c, const struct options *opts, struct fuse_args *args,
	       const char *mountpoint, bool foreground)
{
	struct err e = { .code = 0 };
	int r;

	if (mount_init(&c->m, opts, &e) < 0) {
		fprintf(stderr, "crfs: %s %s: %s\n", err_name(e.code), e.object, e.text);
		return 1;
	}
	c->m.gone = gone;
	c->m.arg = c;
	c->readahead = 4 << 20;
	c->mountpoint = mountpoint;
	c->se = fuse_session_new(args, &ops, sizeof(ops), c);
	if (!c->se)
		return 1;
	r = run(c, foreground);
	mount_stop(&c->m);
	fuse_session_destroy(c->se);
	return r;
}
