// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeding tasks: their pages come from the front end, when all are made and none has run.
 *
 * The controller shows it each address space by two descriptors, /proc/<pid>/mem and a userfaultfd(2)
 * that the task has made of itself (res/mm/fed.c), and waits. UFFDIO_COPY makes a page with its
 * content; where that does not work it is written as a tracer does. Nobody holds the page twice, and
 * where it comes from may be a stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feed.h"
#include "proc.h"
#include "res/mm/fed.h"
#include "res/mm/fill.h"
#include "run.h"

/* What a program that runs does to its memory, and whoever fills it must know of. */
#define FEED_EVENTS (UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | \
		     UFFD_FEATURE_EVENT_UNMAP)

/** struct notice - what the controller says of an address space, or, with @mm below 0, that there is no more */
struct notice {
	int mm;
	pid_t pid;
};

void feed_plan(struct image *im)
{
	struct feed *f = im->opts->feed;
	struct rlimit lim = { .rlim_cur = 1024 };

	if (!f)
		return;
	f->dev = fed_device();
	getrlimit(RLIMIT_NOFILE, &lim);
	fed_plan(im, lim.rlim_cur / 4);	/* two descriptors each, and one more if it is served */
}

void feed_stop(struct image *im)
{
	struct feed *f = im->opts->feed;

	if (f && f->dev >= 0)
		close(f->dev);
	if (f)
		f->dev = -1;
}

static int send_notice(int sock, struct notice n, const int *fd, unsigned int nr)
{
	char room[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec iov = { &n, sizeof(n) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (nr) {
		m.msg_control = room;
		m.msg_controllen = CMSG_SPACE(nr * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr * sizeof(int));
		memcpy(CMSG_DATA(c), fd, nr * sizeof(int));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == sizeof(n) ? 0 : -errno;
}

/* The userfaultfd is the task's descriptor 0 until it plays its second part. */
static int take_uffd(pid_t pid)
{
	int task = pidfd_open(pid, 0), fd = task < 0 ? -errno : pidfd_getfd(task, 0, 0);

	if (fd < 0)
		fd = -errno;
	if (task >= 0)
		close(task);
	return fd;
}

static int show(struct run *r, const struct rtask *rt, int sock)
{
	struct mmdata *d = mm_data(r->rs.im, rt->mm);
	int fd[2] = { proc_open(r->rs.proc, O_RDWR, "%d/mem", rt->pid), -1 }, rc = 0;
	char path[64];

	if (fd[0] < 0)
		return fail_on(&r->err, fd[0], run_path(rt, path), "opening its memory");
	if (d->has_uffd)
		fd[1] = take_uffd(rt->pid);
	if (d->has_uffd && fd[1] < 0)
		rc = fail_on(&r->err, fd[1], run_path(rt, path), "taking its userfaultfd");
	if (!rc)
		rc = send_notice(sock, (struct notice){ rt->mm - r->rs.im->objs[IOBJ_MM], rt->pid }, fd,
				 1 + d->has_uffd);
	close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
	return rc ? fail(&r->err, rc, "showing memory to whoever fills it") : 0;
}

/* What had to wait for the pages. */
static int finish(struct run *r, struct rtask *rt)
{
	int rc = 0;

	tape_begin(rt);
	if (fed_late(&r->rs, rt->mm, rt->tape))
		rc = tape_finish(r, rt) ?: run_play(r, rt);
	return rc;
}

int feed_hand_over(struct run *r, int sock)
{
	struct rtask *rt;
	char word = 0;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->rs.nr_tasks && !rc; i++) {
		rt = &r->rs.tasks[i];
		if (rt->mm_owner && mm_data(r->rs.im, rt->mm)->fed)
			rc = show(r, rt, sock);
	}
	if (!rc)
		rc = send_notice(sock, (struct notice){ -1, 0 }, NULL, 0);
	if (!rc && read(sock, &word, 1) != 1)
		rc = fail(&r->err, -ECANCELED, "the pages did not come");
	for (i = 0; i < r->rs.nr_tasks && !rc; i++) {
		rt = &r->rs.tasks[i];
		if (rt->birth->mm_late && mm_data(r->rs.im, rt->mm)->fed)
			rc = finish(r, rt);
	}
	return rc;
}

static int take_notice(int sock, struct notice *n, int fd[2])
{
	char room[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = { n, sizeof(*n) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c;
	ssize_t got;

	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(*n))
		return got < 0 ? -errno : -EPIPE;
	fd[0] = fd[1] = -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return m.msg_flags & MSG_CTRUNC ? -EMFILE : 0;
}

static int take_all(struct image *im, int sock, struct fed *v, size_t *nr)
{
	struct notice n;
	struct fed *f;
	int fd[2], rc;

	for (;;) {
		rc = take_notice(sock, &n, fd);
		if (rc || n.mm < 0)
			return rc;
		f = &v[(*nr)++];
		*f = (struct fed){ .o = &im->objs[IOBJ_MM][n.mm], .pid = n.pid, .mem = fd[0],
				   .uffd = fd[1], .lazy = im->opts->feed->lazy };
		pthread_mutex_init(&f->lock, NULL);
		f->row = image_recs(f->o, &res_mm_maps, 0, &f->nr);
		f->huge = fed_huge(f->o);
		f->marked = calloc(f->nr, sizeof(*f->marked));
		rc = f->marked ? fed_begin(f, im->opts->feed->lazy ? FEED_EVENTS : 0) : -ENOMEM;
		if (rc)
			return rc;
	}
}

/* -EPIPE: it has ended before, and says itself why. */
int feed_serve(struct image *im, int sock, struct errlist *why)
{
	struct feed *f = im->opts->feed;
	struct fed *v = calloc(im->nr[IOBJ_MM] + 1, sizeof(*v));
	size_t i, nr = 0;
	int rc = v ? take_all(im, sock, v, &nr) : -ENOMEM;

	if (rc && rc != -EPIPE)
		errlist_add(why, rc, "mms", "taking over what is to be filled: free memory");
	if (!rc)
		rc = f->bring(f, im, v, nr, why);
	for (i = 0; i < nr; i++) {
		if (!rc)
			rc = fed_done(&v[i], why);
		close(v[i].mem);
		if (v[i].uffd >= 0)
			close(v[i].uffd);
		free(v[i].marked);
	}
	free(v);
	if (!rc && write(sock, "", 1) != 1)
		rc = -EPIPE;
	return rc;
}

ssize_t feed_read(const struct fed *f, uint64_t at, void *buf, size_t len)
{
	ssize_t r = pread(f->mem, buf, len, at);

	return r < 0 ? -errno : r;
}
