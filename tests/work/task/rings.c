// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An io_uring that has a number of its own and no descriptor, and no memory that is mapped: refused, and goes on
 * unharmed. With "had" it was given back, with "second" a first one was; with "thread" it is a thread's.
 */
#include <linux/io_uring.h>
#include <pthread.h>

#include "tests/work/work.h"

#define REGISTERED (1U << 4)	/* IORING_ENTER_REGISTERED_RING */
#define REGISTER_RING 20	/* IORING_REGISTER_RING_FDS */
#define UNREGISTER_RING 21

struct update {
	uint32_t number, resv;
	uint64_t fd;
};

static int fd;

static void registered(unsigned int number)
{
	struct io_uring_params p = { 0 };
	struct update u = { .number = number };

	fd = syscall(SYS_io_uring_setup, 4, &p);
	if (fd < 0)
		work_skip("no io_uring");
	u.fd = fd;
	if (syscall(SYS_io_uring_register, fd, REGISTER_RING, &u, 1) != 1)
		work_skip("rings cannot be registered");
}

static void given_back(unsigned int number)
{
	struct update u = { .number = number };

	CHECK_EQ(syscall(SYS_io_uring_register, fd, UNREGISTER_RING, &u, 1), 1);
}

static long enter(unsigned int number)
{
	return syscall(SYS_io_uring_enter, number, 0, 0, REGISTERED, 0, 0) < 0 ? -errno : 0;
}

static atomic_int up, go;

static void *thread(void *arg)
{
	registered(3);
	close(fd);
	up = 1;
	while (!go)
		work_sleep(10);
	CHECK_EQ(enter(3), 0);
	return arg;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	unsigned int number = !strcmp(how, "second");
	pthread_t t;

	if (!strcmp(how, "thread")) {
		CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
		while (!up)
			work_sleep(10);
		work_ready();
		go = 1;
		pthread_join(t, NULL);
		work_pass();
	}
	registered(number);
	if (!strcmp(how, "had"))
		given_back(number);
	close(fd);
	work_ready();
	CHECK_EQ(enter(0), number || !strcmp(how, "had") ? -EBADF : 0);
	if (number)
		CHECK_EQ(enter(1), 0);
	work_pass();
}
