// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V objects: numbers, keys, rights, and how they are made with them.
 *
 * An object has no device: it is known by its number in its IPC namespace. Numbers are
 * chosen with /proc/sys/kernel/<kind>_next_id (3.8, CONFIG_CHECKPOINT_RESTORE). The creator is who
 * calls shmget(2) and its like, so a child becomes that user for the call. Lost: the times, and the
 * pids of those who are no more.
 *
 * In an IPC namespace of the container's own everything is made anew. In that of the mounter objects
 * outlive the container: what a killed one left there is taken again, if it is what it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "sysv.h"

static const struct {
	const struct resource *room;
	const char *next_id;
} kinds[] = {
	[SYSV_SHM] = { &res_inode_sysv_shm, "sys/kernel/shm_next_id" },
	[SYSV_SEM] = { &res_inode_sysv_sem, "sys/kernel/sem_next_id" },
	[SYSV_MSG] = { &res_inode_sysv_msg, "sys/kernel/msg_next_id" },
};

struct inode *sysv_inode(struct snap *s, unsigned int ns, enum sysv_kind kind, int id, int dup)
{
	struct inode *n = snap_inode(s, kinds[kind].room, ns,
				     (uint64_t)(kind + 1) << 32 | (uint32_t)id, -1);

	if (n && n->dup < 0)
		n->dup = dup;
	else if (dup >= 0)
		close(dup);
	return n;
}

struct task *sysv_task(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie)
			return &s->tasks[i];
	return &s->tasks[0];
}

pid_t sysv_user(struct snap *s, const struct inode *n, pid_t pid)
{
	struct task *t = pid > 0 ? snap_task(s, pid) : NULL;

	return t && ns_id(s, t, "ipc") == sysv_ns(n) ? snap_vpid(s, pid) : 0;
}

/* Of the mounter's, one who is in no other. */
static struct task *in_mounters(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie && !ns_id(s, &s->tasks[i], "ipc"))
			return &s->tasks[i];
	return sysv_task(s);
}

int sysv_begin(struct snap *s, unsigned int ns, struct visit *v)
{
	const struct ns *n = ns_first(s);
	int rc;

	while (n && (n->id != ns || strcmp(n->kind, "ipc")))
		n = n->next;
	rc = n ? visit_ns(s, n, CLONE_NEWIPC, v) : visit_begin(s, in_mounters(s), "ipc", CLONE_NEWIPC, v);
	return rc ? fail(s->err, rc, "setns into ns/ipc-%u", ns) : 0;
}

void sysv_perm(const struct inode *n, const struct ipc_perm *p, struct crfs_sysv *c)
{
	*c = (struct crfs_sysv){
		.ipc_ns = sysv_ns(n), .id = sysv_id(n), .key = p->__key,
		.mode = p->mode & 0777, .uid = p->uid, .gid = p->gid, .cuid = p->cuid,
		.cgid = p->cgid,
	};
}

static bool exists(enum sysv_kind kind, int id)
{
	union {
		struct shmid_ds shm;
		struct semid_ds sem;
		struct msqid_ds msg;
	} ds;
	int rc = kind == SYSV_SHM ? shmctl(id, IPC_STAT, &ds.shm) :
		 kind == SYSV_SEM ? semctl(id, 0, IPC_STAT, &ds) : msgctl(id, IPC_STAT, &ds.msg);

	return !rc || (errno != EINVAL && errno != EIDRM);
}

/* Who has this key, or -1 */
static int who_has(enum sysv_kind kind, int key)
{
	return !key ? -1 : kind == SYSV_SHM ? shmget(key, 0, 0) :
	       kind == SYSV_SEM ? semget(key, 0, 0) : msgget(key, 0);
}

void sysv_stranger(struct image *im, const struct iobj *o, const struct crfs_sysv *p)
{
	image_mismatch(im, -EEXIST, o->path,
		       "number %u is taken by another, or in use: remove that (ipcrm(1)), or run the container under unshare --ipc",
		       p->id);
}

struct sysv *sysv_here(struct image *im, struct iobj *o, unsigned int in)
{
	const struct iobj *ns = in ? image_obj(im, IOBJ_NS, in) : NULL;
	struct sysv *v = pool_alloc(&im->pool, sizeof(*v));

	o->wanted = true;	/* it is there for itself */
	if (in && (!ns || ns->room != &res_ns_ipc)) {
		image_mismatch(im, -EINVAL, o->path, "ipc_ns %u: it is not in ns/", in);
		return NULL;
	}
	if (!v)
		image_mismatch(im, -ENOMEM, o->path, "no memory to check it: free some");
	return o->priv = v;
}

struct sysv *sysv_check(struct image *im, struct iobj *o, const struct crfs_sysv *p,
			enum sysv_kind kind)
{
	struct sysv *v = sysv_here(im, o, p->ipc_ns);
	int other;

	if (v && (p->mode > 0777 || p->id > 0x7fffffff)) {
		image_mismatch(im, -EINVAL, o->path, "%s: no object has such a one",
			       p->mode > 0777 ? "mode" : "id");
		return NULL;
	}
	if (!v || p->ipc_ns)
		return v;
	v->there = exists(kind, p->id);
	other = who_has(kind, p->key);
	if (other >= 0 && other != (int)p->id)
		image_mismatch(im, -EEXIST, o->path, "key 0x%x is that of number %d: remove that (ipcrm(1)), or run the container under unshare --ipc",
			       p->key, other);
	return v;
}

/* The number that the next object gets. */
static int choose(struct restore *rs, const struct crfs_sysv *p, enum sysv_kind kind)
{
	int fd = proc_open(rs->proc, O_WRONLY, "%s", kinds[kind].next_id), rc = 0;
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", p->id);

	if (fd < 0)
		return fd;
	if (write(fd, text, n) != n)
		rc = -errno;
	close(fd);
	return rc;
}

struct call {
	int (*get)(const void *arg, int key, int flags);
	const void *arg;
	const struct crfs_sysv *p;
};

static int get(const struct call *c)
{
	int id = c->get(c->arg, c->p->key, IPC_CREAT | IPC_EXCL | c->p->mode);

	return id < 0 ? -errno : id == (int)c->p->id ? 0 : -EAGAIN;
}

/* As another user: in a child, since a change of ids would cost us our death signal. */
static int get_as(const struct call *c)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (syscall(SYS_setresgid, -1, c->p->cgid, -1) ||
		    syscall(SYS_setresuid, -1, c->p->cuid, -1))
			_exit(errno & 0xff);
		_exit(-get(c) & 0xff);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int sysv_make(struct restore *rs, struct iobj *o, const struct crfs_sysv *p, enum sysv_kind kind,
	      int (*fn)(const void *arg, int key, int flags), const void *arg)
{
	const struct call c = { fn, arg, p };
	const struct sysv *v = o->priv;
	int rc;

	if (v->there)
		return 0;
	rc = choose(rs, p, kind);
	if (rc)
		return fail_on(rs->err, rc, o->path, "%s: needs CAP_CHECKPOINT_RESTORE",
			       kinds[kind].next_id);
	rc = p->cuid == geteuid() && p->cgid == getegid() ? get(&c) : get_as(&c);
	if (rc)
		return fail_on(rs->err, rc, o->path, "making it, number %u, key 0x%x: %s", p->id, p->key,
			       rc == -EAGAIN ? "somebody took its number meanwhile: try again" :
					       "see ipcs -l");
	return 0;
}

struct node *sysv_data(const struct iobj *o, const char *name)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (!strcmp(n->name, name))
			return n;
	return NULL;
}
