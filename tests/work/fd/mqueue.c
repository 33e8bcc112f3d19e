// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors of POSIX message queues: modes and flags, opened by mq_open(3) and by a mount; who waits in one. */
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/mount.h>

#include "tests/work/work.h"

int main(void)
{
	char name[40], path[60], buf[100];
	struct mq_attr a = { .mq_maxmsg = 3, .mq_msgsize = 100 };
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 7 };
	int r, w, by_path, ep, copy;
	FILE *f = fopen("queues", "a");
	pid_t pid;

	snprintf(name, sizeof(name), "/crfs-fd-%d", getpid());
	CHECK(f);
	fprintf(f, "%s\n", name);
	fclose(f);
	r = mq_open(name, O_CREAT | O_EXCL | O_RDONLY, 0600, &a);
	w = mq_open(name, O_WRONLY | O_NONBLOCK);
	CHECK(r >= 0 && w >= 0);
	copy = fcntl(r, F_DUPFD, 30);
	CHECK(copy == 30);
	ep = epoll_create1(0);
	CHECK(ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, r, &ev) == 0);
	/* Its own mount, at a place that goes again: what is open stays. */
	mkdir("mq", 0700);
	CHECK(mount("mqueue", "mq", "mqueue", 0, NULL) == 0);
	snprintf(path, sizeof(path), "mq%s", name);
	by_path = open(path, O_RDWR | O_NONBLOCK);
	CHECK(by_path >= 0);
	CHECK(umount2("mq", MNT_DETACH) == 0);
	pid = work_fork();
	if (pid == 0) {
		work_up();
		CHECK_EQ(mq_receive(r, buf, 100, NULL), 5);
		_exit(!memcmp(buf, "hello", 5));
	}
	work_sleep(50);

	work_ready();

	CHECK_EQ(fcntl(r, F_GETFL), O_RDONLY);
	CHECK_EQ(fcntl(w, F_GETFL), O_WRONLY | O_NONBLOCK);
	CHECK_EQ(fcntl(by_path, F_GETFL) & ~0100000, O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(copy, F_GETFL), O_RDONLY);
	CHECK(mq_receive(by_path, buf, 100, NULL) == -1 && errno == EAGAIN);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	CHECK(mq_send(w, "hello", 5, 0) == 0);
	work_join(pid, 1);
	CHECK(mq_send(by_path, "again", 5, 0) == 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 1000), 1);
	CHECK_EQ(ev.data.u32, 7);
	CHECK_EQ(mq_receive(copy, buf, 100, NULL), 5);
	CHECK(mq_unlink(name) == 0);
	work_pass();
}
