// SPDX-License-Identifier: GPL-2.0-only
/* Generations: what a mount shows, for as long as its cgroup stays as it was. */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "res/ns/held.h"
#include "stage.h"

/* A live view is made anew after this; it holds next to nothing. */
#define LIVE_AGE HZ
#define TRIES 8		/* to find that no task has run while it was read */
#define FREEZE_WAIT_MS 3000	/* how long a cgroup may take to freeze before it is shown running */

enum mount_state mount_state(struct mount_info *mi)
{
	enum mount_state state = STATE_STAGING;
	struct cgroup *cg;

	rcu_read_lock();
	cg = READ_ONCE(mi->cg);
	if (cg && cgroup_is_populated(cg))
		state = cgroup_is_frozen(cg) ? STATE_FROZEN : STATE_RUNNING;
	rcu_read_unlock();
	return state;
}

/* Has somebody asked for it to be frozen? */
static bool freezes(struct mount_info *mi)
{
	bool asked;

	rcu_read_lock();
	asked = test_bit(CGRP_FREEZE, &READ_ONCE(mi->cg)->flags);
	rcu_read_unlock();
	return asked;
}

/* Freezing takes a moment, and whoever freezes and then looks wants to see the frozen tree. */
static enum mount_state settle(struct mount_info *mi)
{
	enum mount_state state = mount_state(mi);
	int i;

	for (i = 0; i < FREEZE_WAIT_MS && state == STATE_RUNNING && freezes(mi); i++) {
		if (fatal_signal_pending(current))
			break;
		usleep_range(500, 1000);
		state = mount_state(mi);
	}
	return state;
}

/*
 * mount_settled() - the same, but that it runs is said only if it does not freeze, and if it was not a mount of the FUSE
 * filesystem that has thawed it for a moment. A signal ends the wait for that.
 */
enum mount_state mount_settled(struct mount_info *mi)
{
	enum mount_state state = settle(mi);
	struct file *hold;

	if (state != STATE_RUNNING)
		return state;
	hold = cgroup_hold(mi);
	state = settle(mi);
	if (!IS_ERR(hold))
		cgroup_let_go(hold);
	return state;
}

static void gen_free(struct kref *ref)
{
	struct gen *g = container_of(ref, struct gen, ref);

	snap_free(&g->snap);
	tree_free(&g->tree);
	mutex_destroy(&g->manifest_lock);
	kfree(g);
}

void gen_put(struct gen *g)
{
	if (g)
		kref_put(&g->ref, gen_free);
}

/*
 * task_stands() - has it not run since the snapshot?
 *
 * A task is counted when it leaves its CPU. One that has run and freezes again is said to be frozen before that
 * (cgroup_enter_frozen()): then it does not rest.
 */
bool task_stands(const struct ctask *t)
{
	smp_rmb();	/* what was read of it was read before */
	return t->zombie || (task_rests(t->task) && task_switches(t->task) == t->switches && !t->task->exit_state);
}

static bool all_stand(const struct snap *s)
{
	const struct ctask *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++)
		if (!task_stands(t))
			return false;
	return true;
}

static u64 told_now(struct mount_info *mi)
{
	u64 told;

	rcu_read_lock();
	told = cgroup_told(READ_ONCE(mi->cg));
	rcu_read_unlock();
	return told;
}

static bool valid(struct gen *g, bool ask)
{
	bool ok;
	u64 told;

	if (READ_ONCE(g->dead))
		return false;
	if (g->snap.live)
		return mount_state(g->mi) == STATE_RUNNING && (g->freezes || !freezes(g->mi)) &&
		       time_before(jiffies, g->born + LIVE_AGE);
	told = told_now(g->mi);
	ok = mount_state(g->mi) == STATE_FROZEN;
	if (ok && !ask && told && told == READ_ONCE(g->told))
		return true;
	if (ok && all_stand(&g->snap)) {
		WRITE_ONCE(g->told, told);
		return true;
	}
	WRITE_ONCE(g->dead, true);
	return false;
}

/**
 * gen_valid() - has none of the tasks run since?
 * @g: the generation
 *
 * Whether the cgroup was told that one does is one look, however many tasks there are. If it was told something,
 * each of them is asked. Of a task that was moved to another cgroup and runs there it is not told: see extent_read()
 * and manifest_make().
 */
bool gen_valid(struct gen *g)
{
	return valid(g, false);
}

/* gen_valid_all() - the same, and each of them is asked in any case */
bool gen_valid_all(struct gen *g)
{
	return valid(g, true);
}

/*
 * Two generations are at least a second apart: rsync and make take files of one second for the
 * same.
 */
static void date(struct mount_info *mi, struct gen *g)
{
	ktime_get_real_ts64(&g->time);
	if (g->time.tv_sec <= mi->last.tv_sec)
		g->time.tv_sec = mi->last.tv_sec + 1;
	mi->last = g->time;
}

static ssize_t no_read(struct cnode *n, struct iov_iter *to, loff_t pos, struct digesting *d)
{
	return -EOPNOTSUPP;
}

static const struct payload_ops manifest_ops = { .read = no_read };

/* The last file; its length follows from the names, its text is made when it is asked for. */
static int add_manifest(struct gen *g)
{
	loff_t size = manifest_size(g);

	if (size < 0)
		return size;
	g->manifest = tree_payload(&g->tree, g->tree.root, CRFS_MANIFEST, size, &manifest_ops,
				   NULL, 0);
	return g->manifest ? 0 : -ENOMEM;
}

static void say(struct mount_info *mi, const char *why, int rc)
{
	stage_hush(mi->stage);
	stage_say(mi->stage, rc, CRFS_TASKS, "%s: look again", why ? why : "reading it");
}

static struct gen *gen_new(struct mount_info *mi, bool live, struct held **held)
{
	const struct cred *old;
	struct gen *g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);
	int rc = g ? tree_init(&g->tree, g) : -ENOMEM;

	if (rc) {
		kfree(g);
		say(mi, NULL, rc);
		return ERR_PTR(rc);
	}
	kref_init(&g->ref);
	mutex_init(&g->manifest_lock);
	g->mi = mi;
	g->born = jiffies;
	g->freezes = live && freezes(mi);
	g->snap = (struct snap){ .gen = g, .mi = mi, .tree = &g->tree, .live = live,
				 .pid_ns = mi->pid_ns, .held = held, .cg = cgroup_now(mi) };
	old = override_creds(mi->cred);
	rc = snap_take(&g->snap);
	revert_creds(old);
	cgroup_put(g->snap.cg);
	g->snap.cg = NULL;
	g->snap.held = NULL;
	if (!rc && g->snap.again)
		rc = -EAGAIN;
	if (!rc && !live)
		rc = add_manifest(g);
	if (!rc && !live && !gen_valid_all(g))
		rc = -EAGAIN;
	if (rc) {
		if (rc != -EAGAIN)
			say(mi, g->snap.why, rc);
		gen_put(g);
		return ERR_PTR(rc);
	}
	tree_number(&g->tree);
	date(mi, g);
	return g;
}

/*
 * A signal that comes to a frozen task, of a timer say, wakes it, and it freezes again (do_freezer_trap(),
 * kernel/signal.c): it has run, and may have changed what is pending. Of one kind a task has such a signal once.
 * A namespace that no task is in must be known from the beginning; sockets in it may show others.
 */
static struct gen *gen_take(struct mount_info *mi, bool live)
{
	struct held *held = NULL;
	struct gen *g;
	int tries = 0;

	do
		g = gen_new(mi, live, &held);
	while (PTR_ERR_OR_ZERO(g) == -EAGAIN && ++tries < TRIES && !mi->vforks_wait && settle(mi) == STATE_FROZEN &&
	       !fatal_signal_pending(current));
	held_put(held);
	if (PTR_ERR_OR_ZERO(g) == -EAGAIN && !mi->vforks_wait)
		say(mi, "a task has run meanwhile", -EAGAIN);
	return g;
}

/*
 * Mounts of the FUSE filesystem stop the tasks and thaw the cgroup, all of which is over when they have let go of their
 * lock. While it is held here they do not begin. Who has seen that the cgroup runs (@ran) believes it.
 */
static struct gen *gen_try_held(struct mount_info *mi, bool ran)
{
	enum mount_state state = settle(mi);
	struct file *hold = NULL;
	struct gen *g = NULL;

	if (state == STATE_FROZEN || (state == STATE_RUNNING && !ran)) {
		hold = cgroup_hold(mi);
		if (IS_ERR(hold))
			return ERR_CAST(hold);
		state = settle(mi);
	}
	if (state != STATE_STAGING)
		g = gen_take(mi, state == STATE_RUNNING);
	cgroup_let_go(hold);
	return g;
}

/* The helper that lets children in vfork(2) run has the lock itself, and once it has done what it can all is looked at anew. */
static struct gen *gen_take_held(struct mount_info *mi, bool ran)
{
	struct gen *g;
	int rc = 0;

	mi->vforks_wait = mi->vforks_tried = false;
	g = gen_try_held(mi, ran);
	if (!mi->vforks_wait)
		return g;
	rc = vfork_finish(mi);
	return rc ? ERR_PTR(rc) : gen_try_held(mi, ran);
}

/**
 * gen_get() - the generation at hand, taken now if there is none
 * @mi: the mount
 *
 * Return: it, with a reference; NULL in staging; or an error
 */
struct gen *gen_get(struct mount_info *mi)
{
	struct gen *g, *old = NULL;

	if (READ_ONCE(mi->taker) == current)
		return ERR_PTR(-EBUSY);
	if (mount_state(mi) != STATE_STAGING && !may_look())
		return ERR_PTR(-EPERM);
	if (mutex_lock_killable(&mi->lock))
		return ERR_PTR(-EINTR);
	g = mi->gen;
	if (g && !gen_valid_all(g)) {
		old = g;
		mi->gen = g = NULL;
	}
	if (!g) {
		WRITE_ONCE(mi->taker, current);
		g = gen_take_held(mi, old && old->snap.live);
		WRITE_ONCE(mi->taker, NULL);
		if (!IS_ERR(g))
			mi->gen = g;
		else if (PTR_ERR(g) == -ESRCH)
			g = NULL;
	}
	if (!IS_ERR_OR_NULL(g))
		kref_get(&g->ref);
	mutex_unlock(&mi->lock);
	gen_put(old);
	return g;
}

void gen_drop(struct mount_info *mi)
{
	gen_put(mi->gen);
	mi->gen = NULL;
}
