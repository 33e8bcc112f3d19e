// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crtar restore --lazy: who brings the pages when crtar has ended.
 *
 * A page that did not come must never read as zeros. Userfaultfds end with the last who has them, and then
 * memory that lacks its content is plain new memory: so two processes have them. One brings the pages,
 * the other one keeps watch: if the first ends before all are there, it kills the container, whose tasks
 * wait for their pages until they are dead. If the watcher ends, the first starts another.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "hash.h"
#include "kill.h"
#include "lazy.h"

#define WORD_DONE 'd'
#define WORD_MORE 'm'

int lazy_can(struct lazy *l, struct err *e)
{
	l->logfd = -1;
	if (kill_can(l->cg, e) < 0)
		return e->code;
	if (l->log)
		l->logfd = open(l->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	return l->log && l->logfd < 0 ? fail_on(e, -errno, l->log, "open it") : 0;
}

int lazy_add(struct lazy *l, const struct fed *f, uint64_t at, struct node *n)
{
	size_t spaces = l->serve.nr;
	int rc = serve_add(&l->serve, f, at, n), *more;

	if (rc < 0 || spaces == l->serve.nr)
		return rc;
	more = realloc(l->task, (l->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->task = more;
	l->task[l->nr] = pidfd_open(f->pid, 0);
	return l->task[l->nr] < 0 ? -errno : (l->nr++, rc);
}

static void tell(struct lazy *l, const struct err *e)
{
	if (l->logfd >= 0)
		dprintf(l->logfd, "crtar: %s %s: %s\n", err_name(e->code), e->object, e->text);
	else
		syslog(LOG_DAEMON | LOG_ERR, "%s %s: %s", err_name(e->code), e->object, e->text);
}

/* The tasks may be in the hands of whoever makes them, or frozen, or have children by now. */
static void end_container(struct lazy *l, const struct err *why)
{
	struct err e = { .code = 0 };
	size_t i;

	tell(l, why);
	for (i = 0; i < l->nr; i++)
		pidfd_send_signal(l->task[i], SIGKILL, NULL, 0);
	if (kill_all(l->cg, &e) < 0)
		tell(l, &e);
}

static int load(struct serve *s, struct node *n, void *buf, struct err *e)
{
	struct lazy *l = s->arg;
	struct member *m = n->front;
	uint8_t d[CRFS_DIGEST_MAX] = { 0 };
	char room[PATH_MAX];
	const char *path = tree_path(n, l->src->top, room, sizeof(room));
	ssize_t r = node_pread(n, buf, n->size, 0);
	struct hash h;

	if (r != n->size)
		return fail_on(e, r < 0 ? (int)r : -EIO, path, "its pages cannot be read any more: the container is killed");
	r = hash_begin(&h, m->algorithm);
	if (r < 0)
		return fail_on(e, r, path, "begin a digest: the container is killed");
	hash_add(&h, buf, n->size);
	hash_end(&h, d);
	if (memcmp(d, n->digest, crfs_digest_size(m->algorithm)))
		return fail_on(e, -EBADMSG, path, "its pages are not what the manifest says: the container is killed");
	return 0;
}

static bool kept(const struct lazy *l, int fd)
{
	size_t i;

	if (fd == l->other || fd == l->serve.quiet || fd == l->cg->dir || fd == l->logfd || fd == l->src->dir)
		return true;
	for (i = 0; i < l->nr; i++)
		if (l->task[i] == fd)
			return true;
	for (i = 0; i < l->serve.nr; i++)
		if (l->serve.space[i].uffd == fd)
			return true;
	return archive_has_fd(l->src, fd);
}

/* What we have open of crtar's says to others that it lives, or locks something. */
static void close_others(const struct lazy *l)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;
	int fd;

	while (d && (de = readdir(d))) {
		fd = atoi(de->d_name);
		if (fd > 2 && fd != dirfd(d) && !kept(l, fd))
			close(fd);
	}
	if (d)
		closedir(d);
}

static void settle(struct lazy *l, const char *name)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct sigaction ign = { .sa_handler = SIG_IGN }, def = { .sa_handler = SIG_DFL };

	setsid();
	prctl(PR_SET_NAME, name);
	sigaction(SIGINT, &ign, NULL);
	sigaction(SIGHUP, &ign, NULL);
	sigaction(SIGPIPE, &ign, NULL);
	sigaction(SIGTERM, &def, NULL);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close_others(l);
	if (chdir("/"))
		return;
}

/* A word, and a userfaultfd of a child that was forked since. Return: the word, 0 at the end */
static char take_word(int sock)
{
	char room[CMSG_SPACE(sizeof(int))], word = 0;
	struct iovec iov = { &word, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	ssize_t n;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);	/* what comes is kept, without a name */
	while (n < 0 && errno == EINTR);
	return n == 1 ? word : 0;
}

static void __attribute__((noreturn)) watch(struct lazy *l)
{
	struct err e = { .code = 0 };
	char word;

	settle(l, "crtar-watch");
	do
		word = take_word(l->other);
	while (word == WORD_MORE);
	if (word == WORD_DONE)
		_exit(0);
	fail_on(&e, -ECHILD, l->cg->path, "the process that brings its pages was ended: the container is killed");
	end_container(l, &e);
	_exit(1);
}

static void send_word(struct lazy *l, char word, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &word, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = room;
		m.msg_controllen = sizeof(room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	while (sendmsg(l->other, &m, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* A child of whoever brings the pages; nobody waits for it. */
static int start_watch(struct lazy *l, struct err *e)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(e, -errno, "socketpair");
	pid = fork();
	if (!pid) {
		close(pair[0]);
		l->other = pair[1];
		watch(l);
	}
	close(pair[1]);
	if (l->other >= 0)
		close(l->other);
	l->other = pair[0];
	return pid < 0 ? fail(e, -errno, "fork: free memory") : 0;
}

static int tick(struct serve *s, struct err *e)
{
	struct lazy *l = s->arg;
	struct pollfd p = { l->other, POLLIN, 0 };

	return poll(&p, 1, 0) > 0 ? start_watch(l, e) : 0;
}

static void forked(struct serve *s, int uffd)
{
	send_word(s->arg, WORD_MORE, uffd);
}

static void __attribute__((noreturn)) bring(struct lazy *l, int ready)
{
	struct err e = { .code = 0 };
	int rc;

	signal(SIGCHLD, SIG_IGN);
	settle(l, "crtar-pages");
	l->serve.forked = forked;
	l->serve.tick = tick;
	l->other = -1;
	rc = start_watch(l, &e);
	if (write(ready, rc ? "n" : "y", 1) != 1 || rc)
		_exit(1);
	close(ready);
	rc = serve_run(&l->serve, &e);
	if (rc) {
		fail_on(&e, rc, l->cg->path, "its pages cannot be brought: the container is killed");
		end_container(l, &e);
	}
	send_word(l, WORD_DONE, -1);
	_exit(rc ? 1 : 0);
}

int lazy_start(struct lazy *l, struct err *e)
{
	int ready[2], done[2], status;
	char word = 'n';
	pid_t pid;

	if (!l->serve.nr)
		return 0;
	l->serve.load = load;
	l->serve.arg = l;
	if (serve_mark(&l->serve, e) < 0)
		return e->code;
	if (pipe2(ready, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		return fail(e, -errno, "pipe2");
	pid = fork();
	if (!pid) {
		/* Its parent is not to be waited for, by anybody. */
		pid = fork();
		if (pid)
			_exit(pid < 0);
		close(ready[0]);
		close(done[1]);
		l->serve.quiet = done[0];
		l->other = ready[1];
		bring(l, ready[1]);
	}
	close(ready[1]);
	close(done[0]);	/* the other end is closed when we end, whichever way */
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (pid < 0 || read(ready[0], &word, 1) != 1 || word != 'y') {
		pid = pid < 0 ? -errno : -ECHILD;
		interrupted(e);
		fail_on(e, pid, l->cg->path, "starting what brings its pages: free memory");
	}
	close(ready[0]);
	return e->code;
}
