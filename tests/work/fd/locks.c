// SPDX-License-Identifier: GPL-2.0-or-later
/* POSIX, flock and OFD locks of two processes, ranges split; a lease. */
#include <sys/file.h>

#include "tests/work/work.h"

static struct flock range(int type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
}

static int taken(int fd, int cmd, off_t at, pid_t *pid)
{
	struct flock fl = range(F_WRLCK, at, 1);

	CHECK(fcntl(fd, cmd, &fl) == 0);
	*pid = fl.l_pid;
	return fl.l_type;
}

int main(void)
{
	int fd = open("locks.posix", O_RDWR | O_CREAT, 0600), fl = open("locks.flock", O_RDWR | O_CREAT, 0600);
	int ofd = open("locks.ofd", O_RDWR | O_CREAT, 0600), lease, other;
	struct flock l;
	pid_t pid, parent = getpid(), who;

	CHECK(fd >= 0 && fl >= 0 && ofd >= 0);
	l = range(F_WRLCK, 0, 100);
	CHECK(fcntl(fd, F_SETLK, &l) == 0);
	l = range(F_UNLCK, 40, 10);
	CHECK(fcntl(fd, F_SETLK, &l) == 0);
	l = range(F_RDLCK, 1000, 0);		/* to the end, however far */
	CHECK(fcntl(fd, F_SETLK, &l) == 0);
	CHECK(flock(fl, LOCK_EX) == 0);
	l = range(F_WRLCK, 5, 5);
	l.l_pid = 0;
	CHECK(fcntl(ofd, F_OFD_SETLK, &l) == 0);
	lease = open("locks.lease", O_RDONLY | O_CREAT, 0600);
	CHECK(lease >= 0 && fcntl(lease, F_SETLEASE, F_RDLCK) == 0);
	pid = work_fork();
	if (pid == 0) {
		close(lease);
		l = range(F_WRLCK, 200, 50);
		CHECK(fcntl(fd, F_SETLK, &l) == 0);
		work_up();
		while (access("locks.checked", F_OK))	/* its locks go with it */
			work_sleep(5);
		CHECK_EQ(taken(fd, F_GETLK, 0, &who), F_WRLCK);
		CHECK_EQ(who, parent);
		CHECK_EQ(taken(fd, F_GETLK, 39, &who), F_WRLCK);
		CHECK_EQ(taken(fd, F_GETLK, 40, &who), F_UNLCK);
		CHECK_EQ(taken(fd, F_GETLK, 50, &who), F_WRLCK);
		CHECK_EQ(taken(fd, F_GETLK, 100, &who), F_UNLCK);
		CHECK_EQ(taken(fd, F_GETLK, 1ll << 40, &who), F_RDLCK);
		other = open("locks.flock", O_RDWR);
		CHECK(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
		CHECK(flock(fl, LOCK_EX | LOCK_NB) == 0);	/* shared by fork: ours as well */
		other = open("locks.ofd", O_RDWR);
		CHECK_EQ(taken(other, F_OFD_GETLK, 7, &who), F_WRLCK);
		CHECK_EQ(taken(other, F_OFD_GETLK, 4, &who), F_UNLCK);
		CHECK_EQ(taken(ofd, F_OFD_GETLK, 7, &who), F_UNLCK);
		_exit(0);
	}
	work_ready();
	CHECK_EQ(taken(fd, F_GETLK, 210, &who), F_WRLCK);
	CHECK_EQ(who, pid);
	CHECK_EQ(fcntl(lease, F_GETLEASE), F_RDLCK);
	close(open("locks.checked", O_CREAT | O_WRONLY, 0600));
	work_join(pid, 0);
	CHECK_EQ(taken(fd, F_GETLK, 210, &who), F_UNLCK);
	work_pass();
}
