// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IPC namespace: its limits, and what is in it; ipc_namespaces(7).
 *
 * The limits are sysctls of whoever looks, so the thread that reads goes in. Objects are inodes of
 * rooms of their own; /proc/sysvipc lists those of System V, a mount of mqueue those of POSIX. Put
 * back by unshare(2) in the controller, which enters the namespace of each object to make it. The limits come last: they may
 * have been lowered below what was there already. Lost: which number the next object gets.
 *
 * In the mounter's namespace an object is the container's if one of its tasks has it attached, used
 * it last or waits for it. All others are the machine's, as files are, and stay where they are.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/ns/ipc.h>

#include "home.h"
#include "ipc.h"
#include "mounts.h"
#include "ns.h"
#include "proc.h"
#include "res/inode/mqueue.h"
#include "res/inode/sysv.h"
#include "res/task/semundo.h"
#include "rooms.h"
#include "user.h"

/* @numbers: how many there are in it; @limit: raising it stands in nobody's way */
static const struct sysctl {
	const char *name, *path;
	int numbers;
	bool limit;
} sysctls[] = {
	{ "kernel.shmmax", "sys/kernel/shmmax", 1, true },
	{ "kernel.shmall", "sys/kernel/shmall", 1, true },
	{ "kernel.shmmni", "sys/kernel/shmmni", 1, true },
	{ "kernel.shm_rmid_forced", "sys/kernel/shm_rmid_forced", 1, false },
	{ "kernel.sem", "sys/kernel/sem", 4, true },
	{ "kernel.msgmax", "sys/kernel/msgmax", 1, true },
	{ "kernel.msgmnb", "sys/kernel/msgmnb", 1, true },
	{ "kernel.msgmni", "sys/kernel/msgmni", 1, true },
	{ "fs.mqueue.queues_max", "sys/fs/mqueue/queues_max", 1, true },
	{ "fs.mqueue.msg_max", "sys/fs/mqueue/msg_max", 1, true },
	{ "fs.mqueue.msgsize_max", "sys/fs/mqueue/msgsize_max", 1, true },
	{ "fs.mqueue.msg_default", "sys/fs/mqueue/msg_default", 1, false },
	{ "fs.mqueue.msgsize_default", "sys/fs/mqueue/msgsize_default", 1, false },
};
#define NR_SYSCTLS (sizeof(sysctls) / sizeof(*sysctls))

/* "32000\t1024000000\t500\t32000\n" with one blank between numbers; malloc'ed */
static char *read_sysctl(int proc, const struct sysctl *c)
{
	char *text = proc_read(proc, NULL, "%s", c->path), *from, *to;

	for (from = to = text; text && *from; from++)
		if (!isspace(*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	while (text && to > text && to[-1] == ' ')
		to--;
	if (text)
		*to = '\0';
	return text;
}

static int write_sysctl(int proc, const struct sysctl *c, const char *value, size_t len)
{
	int fd = proc_open(proc, O_WRONLY, "%s", c->path), rc = 0;

	if (fd < 0)
		return fd;
	if (write(fd, value, len) != (ssize_t)len)
		rc = -errno;
	close(fd);
	return rc;
}

static void read_limits(struct snap *s, struct text *out)
{
	struct crfs_ns_ipc rec;
	char *value;
	size_t i;

	text_section(out, &crfs_ns_ipc_shape);
	for (i = 0; i < NR_SYSCTLS; i++) {
		value = read_sysctl(s->proc, &sysctls[i]);
		if (!value)
			continue;	/* a kernel without message queues */
		rec.sysctl = (struct crfs_str){ sysctls[i].name, strlen(sysctls[i].name) };
		rec.value = (struct crfs_str){ value, strlen(value) };
		text_rec(out, &crfs_ns_ipc_shape, &rec);
		free(value);
	}
}

static int ipc_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj;
	struct visit v;
	int rc = visit_ns(s, n, CLONE_NEWIPC, &v);

	if (rc)
		return fail(s->err, rc, "setns into ns/ipc-%u", n->id);
	read_limits(s, out);
	return visit_end(&v);
}

static int note(struct snap *s, unsigned int ns, enum sysv_kind kind, int id)
{
	return sysv_inode(s, ns, kind, id, -1) ? 0 : -ENOMEM;
}

typedef int (*each)(struct snap *s, unsigned int ns, enum sysv_kind kind, int id);

/* The second number of each line is the object's. */
static int list_kind(struct snap *s, unsigned int ns, enum sysv_kind kind, each fn)
{
	static const char *const names[] = { "shm", "sem", "msg" };
	char *text = proc_read(s->proc, NULL, "sysvipc/%s", names[kind]), *line, *save = NULL;
	int id, rc = 0;

	if (!text)
		return errno == ENOENT ? 0 : -errno;
	for (line = strtok_r(text, "\n", &save); line && !rc; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*d %d", &id) == 1)
			rc = fn(s, ns, kind, id);
	free(text);
	return rc;
}

static int list_all(struct snap *s, unsigned int ns, each fn)
{
	int rc = list_kind(s, ns, SYSV_SHM, fn);

	if (!rc)
		rc = list_kind(s, ns, SYSV_SEM, fn);
	return rc ?: list_kind(s, ns, SYSV_MSG, fn);
}

/**
 * struct users - whether an object of the mounter's namespace is the container's
 * @ours: a living task of it used it last; @theirs: a process outside did
 */
struct users {
	pid_t ours, theirs;
};

/*
 * An object remembers numbers, of processes that may be gone and whose numbers others have now: was this one, which
 * began @ticks after boot, born when the second @when of its last use was over?
 */
static bool born_after(unsigned long long ticks, time_t when)
{
	struct timespec now, up;
	long long age;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	age = (up.tv_sec - now.tv_sec) * 1000000000LL + up.tv_nsec - now.tv_nsec;
	return (long long)(ticks * (1000000000 / sysconf(_SC_CLK_TCK))) - age >= (when + 1) * 1000000000LL;
}

/* A number that an object remembers is a process's, never a thread's. */
static struct task *user_task(struct snap *s, pid_t pid, time_t when)
{
	struct task *t = pid > 0 ? snap_task(s, pid) : NULL;

	return t && t->leader == t && !born_after(snap_stat(t, 22), when) ? t : NULL;
}

static bool lives_outside(struct snap *s, pid_t pid, time_t when)
{
	char *text = pid > 0 && !snap_task(s, pid) ? proc_read(s->proc, NULL, "%d/stat", pid) : NULL;
	const struct task t = { .stat = text };
	bool lives = text && !born_after(snap_stat(&t, 22), when);

	free(text);
	return lives;
}

static void add_user(struct snap *s, struct users *u, pid_t pid, time_t when)
{
	const struct task *t = user_task(s, pid, when);

	if (t)
		u->ours = t->vtid;
	else if (lives_outside(s, pid, when))
		u->theirs = pid;
}

/* semop(2) sets the one time, semctl(2) the other, and both a semaphore's pid. */
static void add_semaphore(struct snap *s, struct users *u, const struct semid_ds *ds, int id, unsigned int num)
{
	pid_t undoes = semundo_has(s, 0, id, num);

	add_user(s, u, semctl(id, num, GETPID), ds->sem_otime > ds->sem_ctime ? ds->sem_otime : ds->sem_ctime);
	if (undoes)
		u->ours = undoes;
}

/* A call on it that a task waits in says as much. */
static void add_waiters(struct snap *s, struct users *u, enum sysv_kind kind, int id)
{
	struct task *t;
	long nr;
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		t = &s->tasks[i];
		nr = t->zombie || ns_id(s, t, "ipc") ? -1 : (long)t->regs.orig_rax;
		if ((int)t->regs.rdi == id &&
		    (kind == SYSV_SEM ? nr == SYS_semop || nr == SYS_semtimedop :
		     kind == SYSV_MSG && (nr == SYS_msgsnd || nr == SYS_msgrcv)))
			u->ours = t->leader->vtid;
	}
}

static void users_of(struct snap *s, enum sysv_kind kind, int id, struct users *u)
{
	struct semid_ds sem;
	struct msqid_ds msg;
	size_t i;

	*u = (struct users){ 0 };
	if (kind == SYSV_SEM && semctl(id, 0, IPC_STAT, &sem) >= 0)
		for (i = 0; i < sem.sem_nsems; i++)
			add_semaphore(s, u, &sem, id, i);
	if (kind == SYSV_MSG && !msgctl(id, IPC_STAT, &msg)) {
		add_user(s, u, msg.msg_lspid, msg.msg_stime);
		add_user(s, u, msg.msg_lrpid, msg.msg_rtime);
	}
	add_waiters(s, u, kind, id);
}

/* Nobody has it attached, but who made it is in the container */
static void unattached(struct snap *s, int id)
{
	const struct task *maker;
	struct shmid_ds shm;

	if (shmctl(id, IPC_STAT, &shm) || shm.shm_nattch)
		return;
	maker = user_task(s, shm.shm_cpid, shm.shm_ctime);
	if (maker)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", maker->vtid),
				 "System V segment %d, which it made, is attached by nobody: run the container under unshare --ipc",
				 id);
}

static int look_at(struct snap *s, unsigned int ns, enum sysv_kind kind, int id)
{
	static const char *const names[] = { "segment", "semaphore set", "queue" };
	struct users u;

	if (kind == SYSV_SHM) {
		unattached(s, id);
		return 0;
	}
	users_of(s, kind, id, &u);
	if (!u.ours)
		return 0;
	if (u.theirs)
		snap_unsupported(s, -EXDEV, snap_obj(s, "tasks", u.ours),
				 "System V %s %d, which it uses, is also used by process %d outside the container: end that, or run the container under unshare --ipc",
				 names[kind], id, u.theirs);
	return sysv_inode(s, ns, kind, id, -1) ? 0 : -ENOMEM;
}

/* Which device its queues are on says whose an open one is. */
static int note_device(struct snap *s, unsigned int ns)
{
	struct ipc_device *d = pool_alloc(&s->scratch, sizeof(*d));
	int at = mqueue_mount(), rc = 0;
	struct stat st;

	if (!d || at < 0)
		return !d ? -ENOMEM : at == -ENODEV ? 0 : at;
	if (fstat(at, &st))
		rc = -errno;
	close(at);
	*d = (struct ipc_device){ .dev = st.st_dev, .ns = ns, .next = s->ipc_devices };
	s->ipc_devices = d;
	return rc;
}

bool ipc_of_device(const struct snap *s, dev_t dev, unsigned int *ns)
{
	const struct ipc_device *d = s->ipc_devices;

	while (d && d->dev != dev)
		d = d->next;
	*ns = d ? d->ns : 0;
	return d;
}

/* What is in one of the container's own is all its own. */
static int list_own(struct snap *s, struct ns *n)
{
	struct visit v;
	int rc = visit_ns(s, n, CLONE_NEWIPC, &v);

	if (rc)
		return rc;
	rc = list_all(s, n->id, note) ?: mqueue_list(s) ?: note_device(s, n->id);
	return visit_end(&v) ?: rc;
}

/* Is any task in the mounter's? */
static bool in_mounters(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie && !ns_id(s, &s->tasks[i], "ipc"))
			return true;
	return false;
}

int ipc_list(struct snap *s)
{
	const bool ours = in_mounters(s);
	struct ns *n;
	int rc = ours && !s->live ? list_all(s, 0, look_at) : 0;

	for (n = ns_first(s); n && !rc; n = n->next)
		if (n->room == &res_ns_ipc)
			rc = list_own(s, n);
	return rc ? fail(s->err, rc, "listing what is in the IPC namespaces") : 0;
}

static const struct sysctl *find(const struct crfs_ns_ipc *r)
{
	size_t i;

	for (i = 0; i < NR_SYSCTLS; i++)
		if (strlen(sysctls[i].name) == r->sysctl.len &&
		    !memcmp(sysctls[i].name, r->sysctl.p, r->sysctl.len))
			return &sysctls[i];
	return NULL;
}

static bool numbers(const struct crfs_str *v, int want)
{
	bool in = false;
	size_t i;
	int n = 0;

	for (i = 0; i < v->len; i++) {
		if (!isdigit(v->p[i]) && (v->p[i] != ' ' || !in || i + 1 == v->len))
			return false;
		n += !in && v->p[i] != ' ';
		in = v->p[i] != ' ';
	}
	return n == want && v->len < 100;
}

static void ipc_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_ipc *r;
	const struct sysctl *c;
	size_t n, i;

	r = image_recs(o, &res_ns_ipc, 0, &n);
	for (i = 0; i < n; i++) {
		c = find(&r[i]);
		if (!c || !numbers(&r[i].value, c->numbers) || (i && find(&r[i - 1]) >= c))
			image_mismatch(im, -EINVAL, o->path, "%.*s: no such sysctl, or no value of it",
				       (int)(r[i].sysctl.len < 64 ? r[i].sysctl.len : 64),
				       r[i].sysctl.p);
	}
}

/* Of each number the larger one. */
static int raise_to(int proc, const struct sysctl *c, const struct crfs_str *value)
{
	char want[128], text[128], *now = read_sysctl(proc, c), *a = want, *b = now;
	unsigned long x, y;
	size_t len = 0;
	int i;

	if (!now)
		return -errno;
	snprintf(want, sizeof(want), "%.*s", (int)value->len, value->p);
	for (i = 0; i < c->numbers; i++) {
		x = strtoul(a, &a, 10);
		y = strtoul(b, &b, 10);
		len += snprintf(text + len, sizeof(text) - len, "%s%lu", i ? " " : "", x > y ? x : y);
	}
	i = strcmp(text, now) ? write_sysctl(proc, c, text, len) : 0;
	free(now);
	return i;
}

static int refused(struct restore *rs, const struct iobj *o, int rc, const struct crfs_ns_ipc *r)
{
	return fail_on(rs->err, rc, o->path, "setting %.*s to %.*s", (int)r->sysctl.len, r->sysctl.p,
		       (int)r->value.len, r->value.p);
}

static int ipc_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_ipc *r;
	struct lent lent;
	size_t n, i;
	int rc;

	rc = user_unshare(rs, o, "ipc", CLONE_NEWIPC);
	if (rc)
		return fail_on(rs->err, rc, o->path, "unshare(CLONE_NEWIPC)");
	r = image_recs(o, &res_ns_ipc, 0, &n);
	user_lend(rs, user_owner(rs->im, o->id), &lent);
	for (i = 0; i < n && !rc; i++) {
		rc = find(&r[i])->limit ? raise_to(rs->proc, find(&r[i]), &r[i].value) : 0;
		if (rc)
			refused(rs, o, rc, &r[i]);
	}
	user_return(&lent);
	return rc;
}

static bool is_now(int proc, const struct crfs_ns_ipc *r)
{
	char *now = read_sysctl(proc, find(r));
	bool yes = now && crfs_str_is(&r->value, now);

	free(now);
	return yes;
}

static int ipc_finish(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_ipc *r;
	struct lent lent;
	size_t n, i;
	int rc = 0;

	r = image_recs(o, &res_ns_ipc, 0, &n);
	rc = home_enter(rs, HOME_IPC, o->id);
	user_lend(rs, user_owner(rs->im, o->id), &lent);
	for (i = 0; i < n && !rc; i++)
		if (!is_now(rs->proc, &r[i])) {
			rc = write_sysctl(rs->proc, find(&r[i]), r[i].value.p, r[i].value.len);
			if (rc)
				refused(rs, o, rc, &r[i]);
		}
	user_return(&lent);
	return rc ?: home_enter(rs, HOME_IPC, home_of(rs->im, HOME_IPC));
}

const struct resource res_ns_ipc = {
	.name = "ipc",
	.scope = PER_NS,
	.shapes = (const struct crfs_shape *const[]){ &crfs_ns_ipc_shape, NULL },
	.read = ipc_read,
	.check = ipc_check,
	.make = ipc_make,
	.finish = ipc_finish,
};
