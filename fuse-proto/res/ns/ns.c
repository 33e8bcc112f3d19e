// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which namespaces the container's tasks are in, and what they are called in the tree.
 *
 * From the links /proc/<tid>/ns/<type>, whose inode numbers identify namespaces as long as they
 * live. Those of the mounter are number 0 and have no file. The others are numbered from 1, over
 * all types, by first use in the order of tids. Threads share pid and user namespaces with their
 * process, so only the others are looked up for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "held.h"
#include "ns.h"
#include "proc.h"
#include "rooms.h"
#include "user_read.h"

/* @threads: each may have another than its process; @slot: of ids */
struct kind {
	const char *name;
	const struct resource *room;
	bool threads;
	int slot;
};

enum { SLOT_PID, SLOT_MNT, SLOT_UTS, SLOT_IPC, SLOT_TIME, SLOT_NET, SLOT_CGROUP, SLOT_USER, NR_SLOTS };

static const struct kind kinds[] = {
	{ "pid", &res_ns_pid, false, SLOT_PID },
	{ "mnt", &res_ns_mnt, true, SLOT_MNT },
	{ "uts", &res_ns_uts, true, SLOT_UTS },
	{ "net", &res_ns_net, true, SLOT_NET },
	{ "ipc", &res_ns_ipc, true, SLOT_IPC },
	{ "user", &res_ns_user, false, SLOT_USER },
	{ "time", &res_ns_time, true, SLOT_TIME },
	{ "cgroup", &res_ns_cgroup, true, SLOT_CGROUP },
};
#define KIND_TIME 6
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/*
 * A task's namespaces, noted with it: ids, and the numbers seen (0: not looked up).
 * @children: of the pid namespace its children go to, unshare(2), setns(2)
 */
struct task_ns {
	unsigned int id[NR_SLOTS];
	uint64_t ino[NR_KINDS];
	uint64_t children;
	unsigned int children_id;
};

/* All of them, noted with the first task. */
struct set {
	struct ns *first, **end;
	unsigned int nr;
	uint64_t own[NR_KINDS];
};

static const char task_key, set_key;

/* "mnt:[4026531841]" */
uint64_t ns_ino(int dir, const char *name)
{
	char buf[64];
	ssize_t n = readlinkat(dir, name, buf, sizeof(buf) - 1);
	const char *p;

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	p = strchr(buf, '[');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

static struct set *set_new(struct snap *s)
{
	struct set *set = pool_alloc(&s->scratch, sizeof(*set));
	int dir = proc_open(s->proc, O_PATH | O_DIRECTORY, "self/ns");
	size_t i;

	if (!set || dir < 0) {
		if (dir >= 0)
			close(dir);
		return NULL;
	}
	set->end = &set->first;
	for (i = 0; i < NR_KINDS; i++)
		set->own[i] = ns_ino(dir, kinds[i].name);
	close(dir);
	snap_note(s, &s->tasks[0], &set_key, set);
	return set;
}

static struct ns *lookup(struct set *set, const char *kind, uint64_t ino)
{
	struct ns *n;

	for (n = set->first; n; n = n->next)
		if (n->ino == ino && !strcmp(n->kind, kind))
			return n;
	return NULL;
}

struct ns *ns_by_ino(struct snap *s, const char *kind, uint64_t ino)
{
	struct set *set = snap_noted(&s->tasks[0], &set_key);

	return set ? lookup(set, kind, ino) : NULL;
}

uint64_t ns_own(struct snap *s, const char *kind)
{
	struct set *set = snap_noted(&s->tasks[0], &set_key);
	size_t i;

	for (i = 0; set && i < NR_KINDS; i++)
		if (!strcmp(kinds[i].name, kind))
			return set->own[i];
	return 0;
}

struct ns *ns_first(struct snap *s)
{
	struct set *set = snap_noted(&s->tasks[0], &set_key);

	return set ? set->first : NULL;
}

int ns_told(struct snap *s, struct ns *first)
{
	struct set *set = set_new(s);

	if (!set)
		return -ENOMEM;
	set->first = first;
	return 0;
}

static struct ns *meet(struct snap *s, struct set *set, struct task *t, const struct kind *k,
		       uint64_t ino)
{
	struct ns *n = lookup(set, k->name, ino);

	if (n)
		return n;
	n = pool_alloc(&s->scratch, sizeof(*n));
	if (!n)
		return NULL;
	*n = (struct ns){ .kind = k->name, .room = k->room, .ino = ino, .task = t, .fd = -1 };
	*set->end = n;
	set->end = &n->next;
	n->id = ++set->nr;
	return n;
}

int ns_open(const struct snap *s, const struct ns *n)
{
	int fd = n->task ? proc_open(s->proc, O_RDONLY, "%d/ns/%s", n->task->tid, n->kind) :
			   fcntl(n->fd, F_DUPFD_CLOEXEC, 3);

	return fd < 0 && !n->task ? -errno : fd;
}

/* Those that no task is in, by the order in which they were met: the last one is first in the list. */
static int meet_held(struct snap *s, struct set *set, const struct held *h)
{
	struct ns *n;
	size_t i;
	int rc = h && h->next ? meet_held(s, set, h->next) : 0;

	for (i = 0; h && i < NR_KINDS && !rc; i++) {
		if (h->outside || strcmp(kinds[i].name, h->kind))
			continue;
		n = meet(s, set, NULL, &kinds[i], h->ino);
		if (!n)
			return -ENOMEM;
		if (!n->task)
			n->fd = h->fd;
	}
	return rc;
}

/*
 * After unshare(CLONE_NEWPID) a task's children are born in another pid namespace than its own. That
 * can be arranged again if the namespace has an init, to follow it with setns(2).
 */
static void children(struct snap *s, struct set *set, struct task *t)
{
	struct task_ns *tn = snap_noted(t, &task_key);
	struct ns *n;

	if (!tn || !tn->children || tn->children == tn->ino[0])
		return;
	n = lookup(set, "pid", tn->children);
	if (n && t->leader == t)
		tn->children_id = n->id;
	else
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid),
				 "its children go to a pid namespace that has no process here: leave it outside the cgroup, or let it make one");
}

/* After unshare(CLONE_NEWTIME), until it makes one: that namespace has no file that tells of it. */
static void children_time(struct snap *s, struct task *t, int dir, uint64_t own)
{
	uint64_t theirs = ns_ino(dir, "time_for_children");

	if (theirs && own != theirs)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid),
				 "its children go to another time namespace than its own: let it make one first");
}

static int of_task(struct snap *s, struct set *set, struct task *t)
{
	struct task_ns *tn = pool_alloc(&s->scratch, sizeof(*tn)), *leader;
	int dir = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/ns", t->tid);
	const struct kind *k;
	struct ns *n;
	size_t i;

	if (!tn || dir < 0) {
		if (dir >= 0)
			close(dir);
		return tn ? s->live ? 0 : dir : -ENOMEM;
	}
	leader = t->leader != t ? snap_noted(t->leader, &task_key) : NULL;
	for (i = 0; i < NR_KINDS; i++) {
		k = &kinds[i];
		tn->ino[i] = leader && !k->threads ? leader->ino[i] : ns_ino(dir, k->name);
		if (!tn->ino[i] || tn->ino[i] == set->own[i])
			continue;
		n = meet(s, set, t, k, tn->ino[i]);
		if (n && n->id)
			tn->id[k->slot] = n->id;
	}
	tn->children = ns_ino(dir, "pid_for_children");
	children_time(s, t, dir, tn->ino[KIND_TIME]);
	close(dir);
	snap_note(s, t, &task_key, tn);
	return 0;
}

static int emit(struct snap *s, struct node *dir, struct ns *n)
{
	struct text out = { 0 };
	char name[32], *text;
	size_t len;
	int rc = n->room->read(s, n, &out);

	snprintf(name, sizeof(name), "%s-%u", n->kind, n->id);
	if (rc) {
		text_free(&out);
		return fail_on(s->err, rc, name, "reading it");
	}
	text = text_take(&out, &len);
	if (!text || !tree_text(s->tree, dir, name, text, len))
		return fail(s->err, -ENOMEM, "ns/%s", name);
	return 0;
}

int ns_emit(struct snap *s)
{
	struct node *dir = tree_dir(s->tree, tree_root(s->tree), "ns");
	struct set *set = set_new(s);
	struct ns *n;
	size_t i;
	int rc = 0;

	if (!dir || !set)
		return fail(s->err, -ENOMEM, "namespaces");
	for (i = 0; i < s->nr_tasks && !rc; i++)
		if (!s->tasks[i].zombie)
			rc = of_task(s, set, &s->tasks[i]);
	if (rc)
		return fail(s->err, rc, "tasks/%d: its namespaces", s->tasks[i - 1].vtid);
	if (s->held && meet_held(s, set, *s->held))
		return fail(s->err, -ENOMEM, "namespaces");
	for (i = 0; i < s->nr_tasks; i++)
		children(s, set, &s->tasks[i]);
	ns_leaks(s, set->first);
	user_obstacles(s);
	for (n = set->first; n && !rc; n = n->next)
		rc = emit(s, dir, n);
	return rc;
}

unsigned int ns_id(struct snap *s, struct task *t, const char *type)
{
	struct task_ns *tn = snap_noted(t, &task_key);
	size_t i;

	/*
	 * A zombie has let go of its namespaces. Of a leader whose threads live they are those of these; else its own pid
	 * namespace is its parent's or made anew.
	 */
	for (i = 0; !tn && t->zombie && t->leader == t && i < s->nr_tasks; i++)
		if (s->tasks[i].leader == t && &s->tasks[i] != t)
			tn = snap_noted(&s->tasks[i], &task_key);
	if (!tn && t->parent)
		tn = snap_noted(t->parent, &task_key);
	for (i = 0; tn && i < NR_KINDS; i++)
		if (!strcmp(kinds[i].name, type))
			return tn->id[kinds[i].slot];
	return 0;
}

unsigned int ns_children(const struct task *t)
{
	const struct task_ns *tn = snap_noted(t, &task_key);

	return tn ? tn->children_id : 0;
}
