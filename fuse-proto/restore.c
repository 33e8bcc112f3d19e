// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bringing a container back: check everything, then let a controller make it.
 *
 * The controller is a child of the front end, so that it can be single-threaded, trace, and change
 * its own namespaces and signals. If the front end dies, so does it, and with it all that it has
 * made; once it lets go of the tasks (release_all()), nothing of it is left in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/fd/fds.h>
#include <crfs/res/task/limits.h>

#include "feed.h"
#include "image_check.h"
#include "res/mm/maps.h"
#include "res/ns/ns.h"
#include "res/ns/user.h"
#include "resource.h"
#include "rseq.h"
#include "run.h"

#define REST_WAIT_MS 1000
#define PAGES_GONE 2	/* exit status: the tree lacks pages that were in tasks */

int restore_check(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		  struct errlist *why)
{
	struct image im;
	int rc = image_parse(t, top, cg, opts, why, &im);

	if (!rc)
		rc = image_check(&im);
	image_free(&im);
	return rc;
}

/* The signals of the front end are not the tasks': everything is the default, and blocked. */
static void plain_signals(void)
{
	/* The kernel's struct sigaction: handler, flags, restorer, mask */
	uint64_t plain[4] = { 0 }, nocldstop[4] = { 0, SA_NOCLDSTOP }, all = ~(1ULL << (SPAWN_STOP - 1));
	int sig;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	for (sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, sig == SIGCHLD ? nocldstop : plain, NULL, sizeof(all));
}

/* Who is born in a user namespace cannot raise them any more. */
static void raise_limits(const struct image *im)
{
	const struct resource *limits = resource_find(PER_PROCESS, "limits", 6);
	const struct crfs_limit *l;
	struct rlimit lim;
	size_t i, k, n;

	for (i = 0; user_birth(im) && i < im->nr[IOBJ_TASK]; i++) {
		l = image_recs(&im->objs[IOBJ_TASK][i], limits, 0, &n);
		for (k = 0; k < n; k++)
			if (!getrlimit(l[k].resource, &lim) && lim.rlim_max < l[k].hard) {
				lim.rlim_max = l[k].hard;
				setrlimit(l[k].resource, &lim);
			}
	}
}

static int settle_in(struct run *r, pid_t parent)
{
	struct rlimit lim;
	int fd;

	plain_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		return fail(&r->err, -ECHILD, "the front end has gone");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) || setsid() < 0)
		return fail(&r->err, -errno, "setsid");
	rseq_leave();	/* tasks inherit it by fork */
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd > 0 && dup3(fd, 0, O_CLOEXEC) == 0)	/* tapes may close and take it (paste.c) */
		close(fd);
	if (!getrlimit(RLIMIT_NOFILE, &lim)) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	raise_limits(r->rs.im);
	umask(0);
	r->rs.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->rs.proc < 0)
		return fail(&r->err, -errno, "opening /proc");
	return 0;
}

/* Is any descriptor of the container's at or above @from, below @to? The highest is @last. */
static bool has_fds(struct image *im, unsigned int from, unsigned int to, unsigned int *last)
{
	const struct resource *fds = resource_find(PER_FDTABLE, "fds", 3);
	const struct crfs_fd *f;
	bool has = false;
	size_t i, k, n;

	*last = 0;
	for (i = 0; fds && i < im->nr[IOBJ_TASK]; i++) {
		f = image_recs(&im->objs[IOBJ_TASK][i], fds, 0, &n);
		for (k = 0; k < n; k++) {
			if (f[k].fd < from || f[k].fd >= to)
				continue;
			has = true;
			*last = f[k].fd > *last ? f[k].fd : *last;
		}
	}
	return has;
}

/*
 * A number above all descriptors of the container, so that a table does not grow for it. Where the
 * limit ends with the last of them: the highest that none of them has.
 */
static int make_ctl(struct run *r)
{
	struct image *im = r->rs.im;
	unsigned int above = 64, last;
	struct rlimit lim;
	int fd;

	if (has_fds(im, above, UINT_MAX, &last))
		above = last + 1;
	if (!getrlimit(RLIMIT_NOFILE, &lim) && above >= lim.rlim_cur)
		for (above = lim.rlim_cur - 1; above && has_fds(im, above, above + 1, &last); above--)
			;
	fd = pidfd_open(getpid(), 0);
	r->rs.ctl_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, above);
	if (r->rs.ctl_fd < 0 || has_fds(im, r->rs.ctl_fd, r->rs.ctl_fd + 1, &last))
		return fail(&r->err, -EMFILE, "a descriptor that no task has: raise the limit (ulimit -Hn)");
	close(fd);
	return 0;
}

/* Everything up to the point of no return. */
static int bring_back(struct run *r, int feed)
{
	int rc = make_ctl(r) ?: make_before(r);

	if (!rc)
		rc = spawn_all(r);
	if (!rc && feed >= 0)
		rc = feed_hand_over(r, feed);
	if (!rc)
		rc = make_files(r, false);
	if (!rc)
		rc = ns_mnt_finish(&r->rs);
	if (!rc && fchdir(r->rs.proc))
		rc = fail(&r->err, -errno, "fchdir to /proc");
	if (!rc)
		rc = make_files(r, true);
	if (!rc)
		rc = make_join(r);
	if (!rc)
		rc = spawn_settle(r);
	if (!rc)
		rc = play_all(r);
	return rc ?: make_finish(r) ?: release_prepare(r);
}

/*
 * Who was let go is on its way to the stop or the freezer where it belongs: whoever looks when the
 * restore is over shall find it there.
 */
static void come_to_rest(struct run *r)
{
	struct timespec nap = { .tv_nsec = 200000 };
	enum cgroup_state state = CGROUP_FROZEN;
	struct err e = { .code = 0 };
	int i;

	for (i = 0; i < REST_WAIT_MS * 5; i++) {
		if (!r->early && cgroup_wants_frozen(r->rs.im->cg))
			cgroup_state(r->rs.im->cg, &state, &e);
		if (state == CGROUP_FROZEN && release_stopped(r))
			return;
		nanosleep(&nap, NULL);
	}
}

/**
 * struct ends - between the front end and the controller
 * @why: where the controller says why it fails: read and write end
 * @feed: over which pages are asked for, or -1: the front end's and the controller's end
 */
struct ends {
	int why[2], feed[2];
};

/* The controller's life. */
static void __attribute__((noreturn)) control(struct image *im, struct plan *plan, const struct ends *ends,
					      pid_t parent)
{
	struct run r = { .plan = plan, .rs = { .im = im, .tasks = plan->tasks,
					       .nr_tasks = plan->nr, .ctl_fd = -1, .proc = -1 } };
	int rc;

	r.rs.err = &r.err;
	r.early = spawn_joins_early(im);
	rc = settle_in(&r, parent);
	if (!rc)
		rc = bring_back(&r, ends->feed[1]);
	user_proxy_end(&r.rs);
	if (rc) {
		fail_on(&r.err, rc, "tasks", "bringing the container back");
		rc = mm_give_back(&r.rs);
		spawn_kill(&r);
		if (write(ends->why[1], &r.err, sizeof(r.err)) != sizeof(r.err) || rc)
			_exit(PAGES_GONE);
		_exit(1);
	}
	/* From here on nothing fails, and our death may not take half of them along. */
	prctl(PR_SET_PDEATHSIG, 0);
	release_all(&r);
	come_to_rest(&r);
	_exit(0);
}

struct rtask *restore_task(const struct restore *rs, pid_t vtid)
{
	struct plan p = { .tasks = rs->tasks, .nr = rs->nr_tasks };

	return plan_task(&p, vtid);
}

static int watch(struct image *im, pid_t pid, int in, struct errlist *why)
{
	struct err e = { .code = 0 };
	ssize_t n;
	int status = 0;

	do
		n = read(in, &e, sizeof(e));
	while (n < 0 && errno == EINTR);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status && (!WIFEXITED(status) || WEXITSTATUS(status) == PAGES_GONE))
		mm_forget(im);
	if (n == sizeof(e))
		errlist_take(why, &e);
	else if (status)
		errlist_add(why, -EIO, "tasks", "the process that restores was ended (status 0x%x): try again",
			    status);
	return why->first;
}

static int open_ends(const struct image *im, struct ends *p, struct errlist *why)
{
	*p = (struct ends){ { -1, -1 }, { -1, -1 } };
	if (pipe2(p->why, O_CLOEXEC) ||
	    (im->opts->feed && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->feed)))
		errlist_add(why, -errno, "tasks", "pipe2: raise the limit of open files");
	return why->first;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Beside the controller's, our own reason is what counts: it ends because we do not go on. */
static int stand_by(struct image *im, pid_t pid, struct ends *ends, struct errlist *why)
{
	struct errlist its = { .text = NULL };
	int fed = ends->feed[0] >= 0 ? feed_serve(im, ends->feed[0], why) : 0, rc;

	close_end(&ends->feed[0]);
	rc = watch(im, pid, ends->why[0], why->first ? &its : why);
	errlist_clear(&its);
	return why->first ?: rc ?: fed;
}

static int run(struct image *im, struct plan *plan, struct errlist *why)
{
	pid_t self = getpid(), pid;
	struct ends ends;
	int rc = open_ends(im, &ends, why);

	pid = rc ? -1 : fork();
	if (!pid) {
		close_end(&ends.why[0]);
		close_end(&ends.feed[0]);
		control(im, plan, &ends, self);
	}
	close_end(&ends.why[1]);
	close_end(&ends.feed[1]);
	if (pid < 0 && !rc)
		errlist_add(why, -errno, "tasks", "fork: free memory");
	rc = pid < 0 ? why->first : stand_by(im, pid, &ends, why);
	close_end(&ends.why[0]);
	close_end(&ends.feed[0]);
	return rc;
}

static void undo(struct image *im)
{
	const struct irec *rec;
	int kind;
	size_t i;

	for (kind = NR_IOBJ; kind-- > 0;)
		for (i = im->nr[kind]; i-- > 0;)
			for (rec = im->objs[kind][i].recs; rec; rec = rec->next)
				if (rec->room->undo)
					rec->room->undo(im, &im->objs[kind][i]);
}

/* One restore a cgroup: the lock is the kernel's, so it ends with whoever has it. */
static int lock(struct cgroup *cg, struct errlist *why, int *fd)
{
	struct err e = { .code = 0 };
	enum cgroup_state state;
	int rc;

	*fd = openat(cg->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 || flock(*fd, LOCK_EX | LOCK_NB)) {
		rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
		errlist_add(why, rc, cg->path, "%s",
			    rc == -EBUSY ? "another restore runs there: wait for it" : "flock");
		return rc;
	}
	rc = cgroup_state(cg, &state, &e);
	if (rc)
		errlist_take(why, &e);
	else if (state != CGROUP_EMPTY)
		errlist_add(why, rc = -EBUSY, cg->path,
			    "there are tasks: restore into an empty cgroup");
	return rc;
}

int restore_run(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		struct errlist *why)
{
	struct image im = { .tree = NULL };
	struct plan plan;
	int fd, rc = lock(cg, why, &fd);

	if (!rc)
		rc = image_parse(t, top, cg, opts, why, &im);
	if (!rc)
		rc = image_plan(&im, &plan);
	if (!rc) {
		feed_plan(&im);
		if (opts->feed && opts->feed->ready)
			rc = opts->feed->ready(opts->feed, &im, why);
	}
	if (!rc) {
		rc = run(&im, &plan, why);
		if (rc)
			undo(&im);
	}
	if (im.opts)
		feed_stop(&im);
	image_free(&im);
	if (fd >= 0)
		close(fd);
	return rc;
}
