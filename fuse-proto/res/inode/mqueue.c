// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A POSIX message queue: mq_overview(7).
 *
 * Attributes by mq_getattr(3), who is to be told of a message from the text that read(2) gives. No
 * call shows messages without taking them: they are all taken out and sent again, which keeps their
 * order (mqueue_peek.c). A new message in an empty queue would be told, so a queue with both messages
 * and somebody to be told is refused. Lost: times; for whom it counts (RLIMIT_MSGQUEUE), which becomes
 * the restorer; the value that a notification comes with (sigev_value), with a line where the kernel's memory
 * cannot be seen.
 *
 * Made with mq_open(2), whose descriptors lack the flag O_LARGEFILE; one that has it was opened by
 * way of a mount of mqueue. Names go last: a queue without one had one when it was opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem.h"
#include "mqueue.h"
#include "mqueue_peek.h"
#include "proc.h"
#include "res/ns/home.h"
#include "res/ns/ipc.h"
#include "res/ns/ns.h"
#include "res/ns/user.h"
#include "rooms.h"
#include "sysv.h"

#define MQUEUE_MAGIC 0x19800202
#define STATUS_SIZE 80		/* FILENT_SIZE, ipc/mqueue.c: the size of each */
#define LARGEFILE 0100000

bool mqueue_is(const struct file *f)
{
	struct statfs fs;

	return S_ISREG(f->st.st_mode) && !(f->flags & O_PATH) && f->st.st_size == STATUS_SIZE &&
	       !fstatfs(f->dup, &fs) && (unsigned long)fs.f_type == MQUEUE_MAGIC;
}

int mqueue_mount(void)
{
	int fs = syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC), fd = -1;

	if (fs < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	fd = fd < 0 ? -errno : fd;
	close(fs);
	return fd;
}

struct inode *mqueue_inode(struct snap *s, int fd)
{
	struct stat st;

	if (!fstat(fd, &st))
		return snap_inode(s, &res_inode_mqueue, st.st_dev, st.st_ino, fd);
	close(fd);
	return NULL;
}

static int no_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}

/* By name: the kernel has the newest first. */
int mqueue_list(struct snap *s)
{
	int at = mqueue_mount(), n, i, fd, rc = 0;
	struct dirent **e = NULL;

	if (at < 0)
		return at == -ENODEV ? 0 : at;
	n = scandirat(at, ".", &e, no_dots, alphasort);
	if (n < 0)
		rc = -errno;
	for (i = 0; i < n; i++) {
		fd = rc ? -1 : openat(at, e[i]->d_name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (!rc && fd < 0)
			rc = errno == ENOENT ? 0 : -errno;
		else if (!rc && !mqueue_inode(s, fd))
			rc = -ENOMEM;
		free(e[i]);
	}
	free(e);
	close(at);
	return rc;
}

/* Its name, from the link of a descriptor of ours: "/dev/mqueue/a (deleted)", or "/a" */
static int read_name(struct snap *s, struct inode *n, struct crfs_mqueue *r)
{
	char *link = proc_link(s->proc, "self/fd/%d", n->dup), *name;
	size_t len;

	name = link ? strrchr(link, '/') : NULL;
	if (!name) {
		free(link);
		return -EIO;
	}
	len = strlen(++name);
	if (r->unlinked && len > 10 && !strcmp(name + len - 10, " (deleted)"))
		len -= 10;
	r->name = (struct crfs_str){ pool_strndup(&s->pool, name, len), len };
	free(link);
	return r->name.p ? 0 : -ENOMEM;
}

/* The struct sigevent of the queue is in the struct that its inode is in: ipc/mqueue.c */
static bool read_value(struct snap *s, const struct inode *n, int sig, uint64_t *value)
{
	struct { uint64_t value; int32_t signo, notify; } e;
	uint64_t file, inode;
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	if (!k || k->at[K_MQ_INODE] < 0 || kmem_file(k, n->dup, &file) ||
	    kmem_get(k, file, K_FILE_INODE, &inode, sizeof(inode)) ||
	    kmem_get(k, inode - k->at[K_MQ_INODE], K_MQ_NOTIFY, &e, sizeof(e)))
		return false;
	*value = e.value;
	return e.signo == sig && e.notify == SIGEV_SIGNAL;
}

/* "QSIZE:129        NOTIFY:0     SIGNO:10    NOTIFY_PID:8260  " */
static int read_notify(struct snap *s, struct inode *n, struct crfs_mqueue *r, unsigned long *bytes)
{
	int how = 0, sig = 0, pid = 0;
	char text[STATUS_SIZE + 1];
	const char *obj = sysv_name(s, n);
	ssize_t got = pread(n->dup, text, STATUS_SIZE, 0);
	uint64_t value = 0;
	struct task *t;

	if (got < 0)
		return -errno;
	text[got] = '\0';
	if (sscanf(text, "QSIZE:%lu NOTIFY:%d SIGNO:%d NOTIFY_PID:%d", bytes, &how, &sig, &pid) != 4)
		return -EIO;
	if (!pid)
		return 0;
	t = snap_task(s, pid);
	r->process = t ? t->vtid : 0;
	r->notify = how == SIGEV_SIGNAL ? CRFS_MQ_SIGNAL : CRFS_MQ_NONE;
	r->signal = sig;
	if (!t)
		snap_unsupported(s, -EXDEV, obj, "process %d outside the container is to be told of messages (mq_notify): end it", pid);
	else if (t->files->leader != t)
		snap_unsupported(s, -EOPNOTSUPP, obj, "tasks/%d is to be told of messages (mq_notify), and has its descriptors in common with another process: end one of them", t->vtid);
	else if (how == SIGEV_THREAD)
		snap_unsupported(s, -EOPNOTSUPP, obj, "a thread is to be started when a message comes (mq_notify, SIGEV_THREAD): let the program use a signal");
	else if (how == SIGEV_SIGNAL && !s->live && !read_value(s, n, sig, &value))
		snap_lost(s, obj, "the value (sigev_value) of the signal %d that tells of a message (mq_notify): it will be 0", sig);
	else
		r->value = value;
	return 0;
}

static int write_messages(struct snap *s, struct inode *n, unsigned long bytes, struct text *out)
{
	struct peek p;
	size_t i;
	int rc = s->live ? -ENODATA : peek(n->dup, bytes, &p);

	if (rc)
		return tree_text(s->tree, n->dir, "data", NULL, 0) ? s->live ? 0 : rc : -ENOMEM;
	for (i = 0; i < p.nr; i++)
		text_rec(out, &crfs_mq_message_shape,
			 &(struct crfs_mq_message){ p.message[i].priority, p.message[i].len });
	return tree_text(s->tree, n->dir, "data", p.data, p.len) ? 0 : -ENOMEM;
}

static int mqueue_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct crfs_mqueue r = { .ipc_ns = 0 };
	unsigned long bytes = 0;
	struct mq_attr a;
	struct stat st;
	int rc = fstat(n->dup, &st) || mq_getattr(n->dup, &a) ? -errno : 0;

	if (rc)
		return fail(s->err, rc, "looking at a queue");
	ipc_of_device(s, n->dev, &r.ipc_ns);
	r.unlinked = !st.st_nlink;
	r.mode = st.st_mode & 07777;
	r.uid = st.st_uid;
	r.gid = st.st_gid;
	r.maxmsg = a.mq_maxmsg;
	r.msgsize = a.mq_msgsize;
	rc = read_name(s, n, &r);
	if (!rc)
		rc = read_notify(s, n, &r, &bytes);
	if (!rc && r.process && a.mq_curmsgs)
		snap_unsupported(s, -EBUSY, sysv_name(s, n), "%ld messages wait in queue /%.*s, and tasks/%u is to be told of the next (mq_notify): let the program receive them",
				 a.mq_curmsgs, (int)r.name.len, r.name.p, r.process);
	text_section(out, &crfs_mqueue_shape);
	text_rec(out, &crfs_mqueue_shape, &r);
	text_section(out, &crfs_mq_message_shape);
	if (!rc && !r.process && a.mq_curmsgs)
		rc = write_messages(s, n, bytes, out);
	else if (!rc && !tree_text(s->tree, n->dir, "data", NULL, 0))
		rc = -ENOMEM;
	return rc ? fail(s->err, rc, "reading queue /%.*s", (int)r.name.len, r.name.p) : 0;
}

/* A queue of the machine that is called so may be what a killed container has left: if nobody has it. */
static bool in_use(const struct stat *queue)
{
	char path[300];
	struct dirent *e, *f;
	struct statx x;
	DIR *proc = opendir("/proc"), *fds;
	bool found = false;

	while (proc && !found && (e = readdir(proc))) {
		if (*e->d_name < '1' || *e->d_name > '9' || atoi(e->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/fd", e->d_name);
		fds = opendir(path);
		while (fds && !found && (f = readdir(fds)))
			found = !statx(dirfd(fds), f->d_name, AT_STATX_DONT_SYNC, STATX_INO, &x) &&
				x.stx_ino == queue->st_ino &&
				x.stx_dev_minor == minor(queue->st_dev) && *f->d_name != '.';
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return found;
}

static void full_name(const struct crfs_mqueue *r, char *name)
{
	snprintf(name, NAME_MAX + 2, "/%.*s", (int)r->name.len, r->name.p);
}

static void check_there(struct image *im, struct iobj *o, const struct crfs_mqueue *r, struct sysv *v)
{
	char name[NAME_MAX + 2];
	struct mq_attr a;
	struct stat st;
	int fd;

	full_name(r, name);
	fd = mq_open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	v->there = true;
	if (r->unlinked || mq_getattr(fd, &a) || fstat(fd, &st) || a.mq_maxmsg != r->maxmsg ||
	    a.mq_msgsize != r->msgsize || st.st_uid != r->uid || st.st_gid != r->gid || in_use(&st))
		image_mismatch(im, -EEXIST, o->path, "there is another queue %s, or it is in use: remove it (mq_unlink(3)), or run the container under unshare --ipc",
			       name);
	close(fd);
}

static const struct iobj *same_name(const struct image *im, const struct iobj *o)
{
	const struct crfs_mqueue *r = image_rec(o, o->room, 0), *other;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_INODE] && &im->objs[IOBJ_INODE][i] != o; i++) {
		other = im->objs[IOBJ_INODE][i].room == o->room ?
			image_rec(&im->objs[IOBJ_INODE][i], o->room, 0) : NULL;
		if (other && other->ipc_ns == r->ipc_ns && other->name.len == r->name.len &&
		    !memcmp(other->name.p, r->name.p, r->name.len))
			return &im->objs[IOBJ_INODE][i];
	}
	return NULL;
}

static void check_messages(struct image *im, const struct iobj *o, const struct crfs_mqueue *r)
{
	const struct node *data = sysv_data(o, "data");
	const struct crfs_mq_message *m;
	uint64_t sum = 0;
	size_t n, i;

	m = image_recs(o, &res_inode_mqueue, 1, &n);
	for (i = 0; i < n; i++) {
		sum += m[i].len;
		if (m[i].priority > 32767 || m[i].len > r->msgsize ||
		    (i && m[i].priority > m[i - 1].priority))
			image_mismatch(im, -EINVAL, o->path, "message %zu: its priority or length cannot be there", i);
	}
	if (!data || (uint64_t)data->size != sum)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, the messages have %llu",
			       data ? (long long)data->size : 0, (unsigned long long)sum);
	if (n > r->maxmsg)
		image_mismatch(im, -EINVAL, o->path, "%zu messages do not fit in a queue of %u", n, r->maxmsg);
	if (n && r->notify != CRFS_MQ_NOBODY)
		image_mismatch(im, -EINVAL, o->path, "messages, and somebody to be told of them");
}

static void mqueue_check(struct image *im, struct iobj *o)
{
	const struct crfs_mqueue *r = image_rec(o, &res_inode_mqueue, 0);
	bool open = o->wanted;	/* files have been looked at before */
	struct sysv *v = r ? sysv_here(im, o, r->ipc_ns) : NULL;

	if (!v)
		return;
	if (!r->name.len || r->name.len > NAME_MAX || memchr(r->name.p, 0, r->name.len) ||
	    memchr(r->name.p, '/', r->name.len) || r->name.p[0] == '.')
		image_mismatch(im, -EINVAL, o->path, "name: not one of a queue");
	else if (!r->ipc_ns)
		check_there(im, o, r, v);
	if (r->unlinked > 1 || r->mode > 07777 || !r->maxmsg || r->maxmsg > 65536 || !r->msgsize ||
	    r->msgsize > 16 << 20 || (r->unlinked && !open) || (!r->ipc_ns && !open))
		image_mismatch(im, -EINVAL, o->path, "not of a queue, or nobody has it open");
	if (r->notify > CRFS_MQ_NONE || r->signal > 64 || !r->process != !r->notify ||
	    (r->process && !image_obj(im, IOBJ_TASK, r->process)))
		image_mismatch(im, -EINVAL, o->path, "notify: nobody can be told like that");
	if (!r->unlinked && same_name(im, o))
		image_mismatch(im, -EINVAL, o->path, "name: another queue is called so");
	check_messages(im, o, r);
}

static int fill(struct iobj *o, const struct crfs_mqueue *r, int fd)
{
	struct node *data = sysv_data(o, "data");
	const struct crfs_mq_message *m;
	char *buf = malloc(r->msgsize);
	off_t off = 0;
	size_t n, i;
	int rc = buf ? 0 : -ENOMEM;

	m = image_recs(o, &res_inode_mqueue, 1, &n);
	for (i = 0; i < n && !rc; off += m[i].len, i++) {
		if (m[i].len && node_pread(data, buf, m[i].len, off) != (ssize_t)m[i].len)
			rc = -EIO;
		else if (mq_send(fd, buf, m[i].len, m[i].priority))
			rc = -errno;
	}
	free(buf);
	return rc;
}

static void empty(int fd, const struct crfs_mqueue *r)
{
	char *buf = malloc(r->msgsize);

	while (buf && mq_receive(fd, buf, r->msgsize, NULL) >= 0)
		;
	free(buf);
}

/* It counts for whoever makes it, however much that may have. */
static void lift_limit(void)
{
	struct rlimit lim = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MSGQUEUE, &lim);
}

static int mqueue_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_mqueue *r = image_rec(o, &res_inode_mqueue, 0);
	struct mq_attr a = { .mq_maxmsg = r->maxmsg, .mq_msgsize = r->msgsize };
	bool there = ((struct sysv *)o->priv)->there;
	char name[NAME_MAX + 2];
	struct lent lent;
	int rc = 0;

	lift_limit();
	full_name(r, name);
	user_lend(rs, user_owner(rs->im, r->ipc_ns), &lent);	/* who makes a file has to have a number in there */
	o->fd = mq_open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC | (there ? 0 : O_CREAT | O_EXCL), 0600, &a);
	rc = o->fd < 0 ? -errno : 0;
	user_return(&lent);
	if (rc)
		return fail_on(rs->err, rc, o->path, "mq_open of %s", name);
	if (there)
		empty(o->fd, r);
	if (fchown(o->fd, r->uid, r->gid) || fchmod(o->fd, r->mode))
		rc = -errno;
	if (!rc)
		rc = fill(o, r, o->fd);
	return rc ? fail_on(rs->err, rc, o->path, "filling queue %s", name) : 0;
}

/* The next may have the same name. */
static int mqueue_finish(struct restore *rs, struct iobj *o)
{
	const struct crfs_mqueue *r = image_rec(o, &res_inode_mqueue, 0);
	char name[NAME_MAX + 2];

	full_name(r, name);
	if (r->unlinked && mq_unlink(name))
		return fail_on(rs->err, -errno, o->path, "mq_unlink of %s", name);
	return 0;
}

static void mqueue_undo(struct image *im, struct iobj *o)
{
	const struct crfs_mqueue *r = image_rec(o, &res_inode_mqueue, 0);
	char name[NAME_MAX + 2];

	(void)im;
	if (!r || r->ipc_ns || !o->priv || ((struct sysv *)o->priv)->there)
		return;
	full_name(r, name);
	mq_unlink(name);
}

static int open_there(const struct crfs_file *c, const char *name)
{
	int flags = c->flags & (O_ACCMODE | O_NONBLOCK), at, fd;

	if (!(c->flags & LARGEFILE)) {
		/* mq_open(2) keeps O_CLOEXEC among the flags of the description. */
		fd = mq_open(name, flags);
		return fd < 0 ? -errno : fd;
	}
	at = mqueue_mount();
	fd = at < 0 ? at : openat(at, name + 1, flags);
	fd = fd < 0 ? -errno : fd;
	if (at >= 0)
		close(at);
	return fd;
}

int mqueue_open(struct restore *rs, struct iobj *o, uint32_t id)
{
	const struct iobj *q = image_obj(rs->im, IOBJ_INODE, id);
	const struct crfs_mqueue *r = image_rec(q, q->room, 0);
	const unsigned int home = home_of(rs->im, HOME_IPC);
	int fd = r->ipc_ns == home ? 0 : home_enter(rs, HOME_IPC, r->ipc_ns), rc;
	char name[NAME_MAX + 2];

	full_name(r, name);
	fd = fd ?: open_there(file_common(o), name);
	rc = r->ipc_ns == home ? 0 : home_enter(rs, HOME_IPC, home);
	if (fd >= 0 && rc) {
		close(fd);
		fd = rc;
	}
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd < 0 ? fail_on(rs->err, fd, o->path, "opening queue %s", name) : fd;
}

void mqueue_put_notify(struct rtask *rt, struct iobj *q, struct tape *t)
{
	struct crfs_mqueue *r = image_rec(q, q->room, 0);
	struct sigevent e = { .sigev_notify = r->notify == CRFS_MQ_SIGNAL ? SIGEV_SIGNAL : SIGEV_NONE,
			      .sigev_signo = r->signal, .sigev_value.sival_ptr = (void *)r->value };

	if (r->notify == CRFS_MQ_NOBODY || rt->leader->o->id != r->process)
		return;
	tape_call(t, "mq_notify", SYS_mq_notify, rt->fd, tape_data(t, &e, sizeof(e)));
	r->notify = CRFS_MQ_NOBODY;	/* once; the controller's copy of the image is its own */
}

const struct resource res_inode_mqueue = {
	.name = "mqueue",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_mqueue_shape, &crfs_mq_message_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = mqueue_read,
	.check = mqueue_check,
	.make = mqueue_make,
	.finish = mqueue_finish,
	.undo = mqueue_undo,
};
