// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POSIX semaphores, named, with their names still there, removed, and opened twice: glibc makes a file under
 * one name, links it to another, and the mapping shows the first.
 */
#include <semaphore.h>

#include "tests/work/work.h"

static sem_t *make(const char *what, unsigned int value, char *name)
{
	sem_t *sem;

	sprintf(name, "/crfs-%s-%s-%d", getenv("CRFS_TEST_ID") ? getenv("CRFS_TEST_ID") : "", what, getpid());
	sem = sem_open(name, O_CREAT | O_EXCL, 0600, value);
	CHECK(sem != SEM_FAILED);
	return sem;
}

static int value(sem_t *sem)
{
	int v = -1;

	CHECK(sem_getvalue(sem, &v) == 0);
	return v;
}

int main(void)
{
	char kept[100], gone[100], twice[100];
	sem_t *a = make("kept", 3, kept), *b = make("gone", 5, gone), *c = make("twice", 0, twice), *d;
	pid_t pid;

	CHECK(sem_unlink(gone) == 0);
	pid = work_fork();
	if (!pid) {
		d = sem_open(twice, 0);		/* maps it by the name that it has */
		CHECK(d != SEM_FAILED);
		work_up();
		CHECK(sem_wait(d) == 0 && sem_post(b) == 0);
		exit(0);
	}
	CHECK(sem_wait(a) == 0);
	work_ready();
	CHECK_EQ(value(a), 2);
	CHECK_EQ(value(b), 5);
	CHECK(sem_post(c) == 0);
	work_join(pid, 0);
	CHECK_EQ(value(b), 6);
	CHECK_EQ(value(c), 0);
	d = sem_open(kept, 0);
	CHECK(d == a && value(d) == 2 && sem_post(d) == 0 && value(a) == 3);
	CHECK(sem_unlink(kept) == 0 && sem_unlink(twice) == 0);
	work_pass();
}
