// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard of connections: from the checkpoint until the container runs again, nothing of them reaches the
 * peer or comes from it, who takes that for packets that were lost.
 *
 * It must outlive the mount, since containers are killed after that, so it is a process of its own. It asks
 * the cgroup what to do, as everybody else: with tasks that run it ends; frozen or empty it stays; without
 * cgroup it ends. A thaw by another crfs, for a moment, and a restore under way hold locks, and are waited
 * for. The rules belong to its netlink socket and go when it does, however it dies (nft.c), so nothing is
 * ever left to be mended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nft.h"
#include "onlyfds.h"
#include "tcp_guard.h"

#define SAID_AT_ONCE 100
#define ANSWER_S 10
#define LOOK_MS 300
#define LOOK_SOON_MS 10

/** struct keeper - the process; @name: of the table; @nl: its owner; @listener: who adds more asks here */
struct keeper {
	struct cgroup cg;
	char name[64];
	int nl, listener;
};

static void name_of(const struct cgroup *cg, char name[64])
{
	struct stat st = { .st_ino = 0 };

	fstat(cg->dir, &st);
	snprintf(name, 64, "crfs-guard-%llu", (unsigned long long)st.st_ino);
}

static socklen_t wire_name(const char *name, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path + 1, name, strlen(name));
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

/* Anybody can take such a name or call it. */
static bool is_ours(int fd)
{
	struct ucred c = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0 && c.uid == geteuid();
}

static int be_known(struct keeper *k)
{
	struct sockaddr_un a;
	socklen_t len = wire_name(k->name, &a);

	k->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (k->listener < 0 || bind(k->listener, (struct sockaddr *)&a, len) < 0 ||
	    listen(k->listener, 8) < 0)
		return -errno;
	return 0;
}

static void serve(struct keeper *k)
{
	struct tcp_conn c[SAID_AT_ONCE];
	struct timeval wait = { .tv_sec = ANSWER_S };
	int fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC), rc;
	ssize_t n;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	while (is_ours(fd) && (n = recv(fd, c, sizeof(c), 0)) > 0) {
		rc = nft_add(k->nl, k->name, c, n / sizeof(c[0]));
		if (send(fd, &rc, sizeof(rc), MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
}

/* Return: a descriptor that keeps restores and other crfs from changing what the cgroup says; -1: one does */
static int hold(const struct keeper *k, int *dir)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = openat(k->cg.dir, k->cg.v1 ? "freezer.state" : "cgroup.freeze", O_RDWR | O_CLOEXEC);

	*dir = openat(k->cg.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && *dir >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0 &&
	    flock(*dir, LOCK_SH | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	if (*dir >= 0)
		close(*dir);
	return -1;
}

/* Return: how long to wait before the next look; -1: the guard is over */
static int look(struct keeper *k)
{
	struct err e = { .code = 0 };
	enum cgroup_state s;
	int fd, dir;

	if (cgroup_state(&k->cg, &s, &e))
		return -1;
	if (s != CGROUP_RUNNING)
		return LOOK_MS;
	fd = hold(k, &dir);
	if (fd < 0)
		return LOOK_SOON_MS;
	if (cgroup_state(&k->cg, &s, &e) || s == CGROUP_RUNNING) {
		close(k->nl);		/* before the locks go */
		close(k->listener);
		return -1;
	}
	close(fd);
	close(dir);
	return LOOK_MS;
}

static void rearm(int events)
{
	char buf[256];

	if (events >= 0 && pread(events, buf, sizeof(buf), 0) < 0)
		return;
}

static void __attribute__((noreturn)) keep(struct keeper *k)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLPRI } };
	int wait = LOOK_SOON_MS;

	p[0].fd = k->listener;
	p[1].fd = k->cg.v1 ? -1 : cgroup_watch(&k->cg);
	while (wait >= 0) {
		rearm(p[1].fd);
		if (poll(p, 2, wait) > 0 && p[0].revents)
			serve(k);
		wait = look(k);
	}
	_exit(0);
}

static int set_up(struct keeper *k, const struct tcp_conn *conns, size_t n)
{
	int rc;

	k->nl = nft_guard(k->name);
	if (k->nl < 0)
		return k->nl;
	rc = nft_add(k->nl, k->name, conns, n);
	return rc ? rc : be_known(k);
}

static void __attribute__((noreturn)) live(struct keeper *k, int report, const struct tcp_conn *conns,
					   size_t n)
{
	int keepers[2] = { k->cg.dir, report }, rc;
	sigset_t none;

	setsid();
	prctl(PR_SET_NAME, "crfs-guard");
	only_fds(keepers, 2);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	if (chdir("/") < 0)
		_exit(1);
	rc = set_up(k, conns, n);
	if (write(report, &rc, sizeof(rc)) != sizeof(rc) || rc)
		_exit(1);
	close(report);
	keep(k);
}

/* By way of a child that ends at once, so that nobody has to wait for the keeper. */
static int start(struct keeper *k, const struct tcp_conn *conns, size_t n)
{
	int wire[2], rc = -ECHILD;
	sigset_t all, old;
	pid_t pid;

	if (pipe2(wire, O_CLOEXEC) < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (!pid) {
		if (!fork())
			live(k, wire[1], conns, n);
		_exit(0);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(wire[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || read(wire[0], &rc, sizeof(rc)) != sizeof(rc))
		rc = pid < 0 ? -errno : -ECHILD;
	close(wire[0]);
	return rc;
}

/* Return: 0, -ECONNREFUSED if there is none yet, or another negative errno */
static int tell(const char *name, const struct tcp_conn *conns, size_t n)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), rc = 0;
	struct timeval wait = { .tv_sec = ANSWER_S };
	struct sockaddr_un a;
	socklen_t len = wire_name(name, &a);
	size_t i, part;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&a, len) < 0)
		rc = -errno;
	else if (!is_ours(fd))
		rc = -EACCES;
	for (i = 0; i < n && !rc; i += part) {
		part = n - i < SAID_AT_ONCE ? n - i : SAID_AT_ONCE;
		if (send(fd, conns + i, part * sizeof(*conns), MSG_NOSIGNAL) < 0 ||
		    recv(fd, &rc, sizeof(rc), 0) != sizeof(rc))
			rc = errno ? -errno : -EIO;
	}
	close(fd);
	return rc;
}

int tcp_guard(const struct cgroup *cg, const struct tcp_conn *conns, size_t n, struct err *e)
{
	struct keeper k = { .cg = *cg, .nl = -1, .listener = -1 };
	int rc;

	name_of(cg, k.name);
	rc = tell(k.name, conns, n);
	if (rc == -ECONNREFUSED || rc == -ENOENT)
		rc = start(&k, conns, n);
	return rc ? fail(e, rc, "guarding the connections with the world outside: needs nf_tables, "
			 "CAP_NET_ADMIN and Linux 5.12") : 0;
}
