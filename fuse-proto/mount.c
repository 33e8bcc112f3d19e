// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a mount: what the cgroup decides, and what follows from it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gen.h"

#define LIVE_SECONDS 1		/* a live view older than this is made anew when it is listed */
#define FREEZE_WAIT_MS 3000	/* how long a cgroup may take to freeze before we show it running */
#define TRIES 3

static enum gen_kind kind_of(enum cgroup_state s)
{
	return s == CGROUP_EMPTY ? GEN_STAGING : s == CGROUP_FROZEN ? GEN_VIEW : GEN_LIVE;
}

static void note_error(struct mount *m, const struct err *e)
{
	errlist_clear(&m->why);
	errlist_take(&m->why, e);
}

/* A cgroup that was removed is made again: an empty one and none are the same. */
static int cgroup_again(struct mount *m, enum cgroup_state *s, struct err *e)
{
	struct err first = { .code = 0 };
	struct cgroup cg;
	int r = cgroup_state(&m->cg, s, &first);

	if (r != -ENOENT && r != -ENODEV) {
		if (r < 0)
			*e = first;
		return r;
	}
	r = cgroup_open(m->opts.cgroup, true, &cg, e);
	if (r < 0)
		return r;
	cgroup_close(&m->cg);
	m->cg = cg;
	return cgroup_state(&m->cg, s, e);
}

static void end_grace(struct mount *m)
{
	struct gen *g = m->grace;

	m->grace = NULL;
	memset(m->writers, 0, sizeof(m->writers));
	if (g)
		gen_put(m, g, 0);
}

static void retire_all(struct mount *m)
{
	struct gen *g;

	for (g = m->gens; g; g = g->next)
		if (g != m->grace)
			gen_retire(m, g);
	g = m->cur;
	m->cur = NULL;
	if (g)
		gen_put(m, g, 0);
}

/*
 * Sees what the cgroup decides now and ends the generation that is over. A thaw may be another
 * mount's, which thaws for a moment to ask the tasks; it holds a lock meanwhile. So that it runs is believed at once
 * only by who has seen that before.
 */
static int look(struct mount *m, enum cgroup_state *s, struct err *e)
{
	int r = cgroup_again(m, s, e), hold;

	if (!r && kind_of(*s) == GEN_LIVE && !(m->cur && m->cur->kind == GEN_LIVE)) {
		hold = cgroup_hold(&m->cg, false);
		r = cgroup_state(&m->cg, s, e);
		if (hold >= 0)
			close(hold);
	}
	if (!r && kind_of(*s) != m->seen) {
		m->seen = kind_of(*s);
		clock_gettime(CLOCK_REALTIME, &m->since);
	}
	if (!r && *s == CGROUP_EMPTY)
		end_grace(m);
	if (!r && m->cur && m->cur->kind != kind_of(*s)) {
		retire_all(m);
		m->failed = false;
	}
	return r;
}

static void block(struct mount *m, bool blocked)
{
	if (m->block)
		m->block(m->block_arg, blocked);
}

static void wait_idle(struct mount *m)
{
	while (m->busy)
		pthread_cond_wait(&m->idle, &m->lock);
}

void mount_idle(struct mount *m)
{
	if (!m->busy)
		return;
	block(m, true);
	wait_idle(m);
	block(m, false);
}

void mount_busy(struct mount *m, bool busy)
{
	if (busy) {
		m->busy = true;
		pthread_mutex_unlock(&m->lock);
		block(m, true);
		return;
	}
	block(m, false);
	pthread_mutex_lock(&m->lock);
	m->busy = false;
	pthread_cond_broadcast(&m->idle);
}

/* Takes a view; without the lock, for it may take a while. */
static int take(struct mount *m, enum gen_kind kind, struct err *e)
{
	struct view *v = NULL;
	int hold = -1, r = 0;

	if (kind != GEN_STAGING) {
		mount_busy(m, true);
		if (kind == GEN_VIEW)
			hold = cgroup_hold(&m->cg, true);
		r = view_take(&m->cg, &m->opts, &v, e);
		if (hold >= 0)
			close(hold);
		mount_busy(m, false);
	}
	if (r < 0)
		return r;
	m->cur = gen_new(m, kind, v);
	if (m->cur)
		return 0;
	if (v)
		view_free(v);
	return fail(e, -ENOMEM, "make the tree");
}

/* Freezing takes a moment, and whoever freezes and then looks wants to see the frozen tree. */
static int settle(struct mount *m, enum cgroup_state *s, struct err *e)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int i, r;

	mount_idle(m);
	r = look(m, s, e);
	for (i = 0; !r && *s == CGROUP_FREEZING && i < FREEZE_WAIT_MS; i++) {
		pthread_mutex_unlock(&m->lock);
		block(m, true);
		nanosleep(&ms, NULL);
		block(m, false);
		pthread_mutex_lock(&m->lock);
		mount_idle(m);
		r = look(m, s, e);
	}
	return r;
}

static bool is_old(const struct gen *g)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return g->kind == GEN_LIVE && now.tv_sec - g->time.tv_sec > LIVE_SECONDS;
}

int mount_current(struct mount *m, bool refresh, struct gen **g)
{
	struct err e = { .code = 0 };
	enum cgroup_state s;
	struct gen *old;
	int i, r = -ESTALE;

	for (i = 0; i < TRIES && (r == -ESTALE || r == -ESRCH); i++) {
		e.code = 0;
		r = settle(m, &s, &e);
		if (!r && refresh && m->cur && is_old(m->cur)) {
			old = m->cur;	/* who still reads it may, the tasks run anyway */
			m->cur = NULL;
			gen_put(m, old, 0);
		}
		if (!r && !m->cur)
			r = take(m, kind_of(s), &e);
	}
	if (r < 0) {
		note_error(m, &e);
		return r;
	}
	*g = m->cur;
	return 0;
}

void mount_wrote(struct mount *m, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < MOUNT_WRITERS; i++)
		if (m->writers[i] == pid)
			return;
	m->writers[m->next_writer++ % MOUNT_WRITERS] = pid;
}

/* Forgets the writers that have exited. Return: how many are left */
static unsigned int live_writers(struct mount *m)
{
	unsigned int i, n = 0;

	for (i = 0; i < MOUNT_WRITERS; i++) {
		if (m->writers[i] && kill(m->writers[i], 0) < 0 && errno == ESRCH)
			m->writers[i] = 0;
		n += m->writers[i] != 0;
	}
	return n;
}

static bool is_writer(const struct mount *m, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < MOUNT_WRITERS; i++)
		if (pid && m->writers[i] == pid)
			return true;
	return false;
}

bool mount_others(struct mount *m, pid_t pid)
{
	return live_writers(m) > is_writer(m, pid);
}

struct gen *mount_grace(struct mount *m, pid_t pid)
{
	if (m->grace && !live_writers(m))
		end_grace(m);
	return m->grace && is_writer(m, pid) ? m->grace : NULL;
}

void mount_leave(struct mount *m, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < MOUNT_WRITERS; i++)
		if (m->writers[i] == pid)
			m->writers[i] = 0;
}

void mount_restored(struct mount *m)
{
	struct gen *g = m->cur;

	m->grace = g;
	m->cur = NULL;
	m->changed = false;
	gen_retire(m, g);
}

int mount_peek(struct mount *m, enum cgroup_state *s)
{
	struct err e = { .code = 0 };

	return m->busy ? -EBUSY : look(m, s, &e);
}

const char *mount_state(struct mount *m)
{
	struct err e = { .code = 0 };
	enum cgroup_state s;

	if (m->busy)
		return m->restoring ? "restoring" : "frozen";
	if (look(m, &s, &e) < 0)
		return "failed";
	if (s == CGROUP_EMPTY)
		return m->failed ? "failed" : "staging";
	return s == CGROUP_FROZEN ? "frozen" : "running";
}

int mount_check(struct mount *m)
{
	struct errlist why = { .text = NULL };
	unsigned int unwritten;
	struct gen *g;
	int r = mount_current(m, false, &g);

	if (r < 0)
		return r;
	if (g->kind != GEN_STAGING) {
		errlist_add(&why, -EBUSY, ".crfs/ctl", "check: the cgroup has tasks: only a staged tree is checked");
	} else {
		mount_busy(m, true);
		if (m->man)
			trigger_verify(m, &why, &unwritten);
		else
			errlist_add(&why, -ENOENT, "manifest", "check: there is none yet: copy it");
		r = restore_check(g->tree, m->man ? m->man->top : tree_root(g->tree), &m->cg, &m->opts,
				  &why);
		if (r < 0 && !why.first)
			errlist_add(&why, r, ".crfs/ctl", "check the staged tree: try again");
		mount_busy(m, false);
	}
	errlist_clear(&m->why);
	m->why = why;
	return why.first;
}

int mount_init(struct mount *m, const struct options *opts, struct err *e)
{
	int r;

	memset(m, 0, sizeof(*m));
	m->opts = *opts;
	m->uid = getuid();
	m->gid = getgid();
	m->wake = -1;
	clock_gettime(CLOCK_REALTIME, &m->start);
	m->since = m->start;
	r = cgroup_open(opts->cgroup, true, &m->cg, e);
	if (r < 0)
		return r;
	m->opts.cgroup = m->cg.path ? strdup(m->cg.path) : opts->cgroup;
	r = cgroup_refuse_own(&m->cg, e);
	if (r < 0)
		return r;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->idle, NULL);
	stage_init(&m->stage);
	work_init(&m->work);
	work_init(&m->notes);
	fill_init(&m->fill, &m->stage, &m->work, opts->digest);
	return 0;
}

/* Reading re-arms the notice. */
static int watch_fd(struct mount *m, int fd)
{
	char buf[256];

	if (fd >= 0 && pread(fd, buf, sizeof(buf), 0) > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	pthread_mutex_lock(&m->lock);
	wait_idle(m);
	fd = cgroup_watch(&m->cg);
	pthread_mutex_unlock(&m->lock);
	if (fd >= 0 && pread(fd, buf, sizeof(buf), 0) <= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void *watch(void *arg)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = -1, .events = POLLPRI } };
	struct err e = { .code = 0 };
	struct mount *m = arg;
	enum cgroup_state s;

	p[0].fd = m->wake;
	for (;;) {
		p[1].fd = watch_fd(m, p[1].fd);
		if (poll(p, 2, p[1].fd < 0 ? 300 : -1) < 0)
			continue;
		if (p[0].revents)
			break;
		pthread_mutex_lock(&m->lock);
		wait_idle(m);
		if (m->cur)
			look(m, &s, &e);
		pthread_mutex_unlock(&m->lock);
	}
	if (p[1].fd >= 0)
		close(p[1].fd);
	return NULL;
}

int mount_start(struct mount *m, struct err *e)
{
	sigset_t all, old;
	int r;

	stage_room(&m->stage);
	m->wake = eventfd(0, EFD_CLOEXEC);
	r = m->wake < 0 ? -errno : work_start(&m->work);
	if (!r)
		r = work_start(&m->notes);
	if (!r) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		r = -pthread_create(&m->watcher, NULL, watch, m);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		m->watching = !r;
	}
	return r < 0 ? fail(e, r, "start a thread") : 0;
}

void mount_stop(struct mount *m)
{
	struct gen *g;

	if (m->watching) {
		eventfd_write(m->wake, 1);
		pthread_join(m->watcher, NULL);
	}
	work_stop(&m->work);
	work_stop(&m->notes);
	m->grace = NULL;
	m->cur = NULL;
	trigger_reset(m);
	while ((g = m->gens)) {
		if (g->view)
			view_expire(g->view);
		gen_put(m, g, g->refs);
	}
	fill_stop(&m->fill);
	stage_stop(&m->stage);
	errlist_clear(&m->why);
	cgroup_close(&m->cg);
	free((char *)m->opts.cgroup);
	if (m->wake >= 0)
		close(m->wake);
}
