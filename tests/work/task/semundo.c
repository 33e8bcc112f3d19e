// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Undo entries of semaphores: small and the largest, up and down, of several processes on one
 * semaphore, of a thread; and a process with a list in which nothing is.
 */
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "tests/work/work.h"

#define N 300

static int set;
static const short values[] = { 0, 5, 32767, 100, 7, 20000, 3, 3 };

static void add(int num, int by, int flags)
{
	struct sembuf op = { num, by, IPC_NOWAIT | flags };

	CHECK(semop(set, &op, 1) == 0);
}

static void first(void)
{
	add(0, 3, SEM_UNDO);
	add(1, -4, SEM_UNDO);
	add(2, -32767, SEM_UNDO);
	add(3, -1, SEM_UNDO);
}

static void second(void)
{
	int i;

	for (i = 0; i < 20; i++)
		add(3, -2, SEM_UNDO);
	add(4, 32760, SEM_UNDO);
	add(4, -1, 0);
	add(5, -20000, SEM_UNDO);
	add(5, 30000, 0);
	add(N - 1, 1, SEM_UNDO);
	/* There and back: a list, and nothing in it. */
	add(6, -1, SEM_UNDO);
	add(6, 1, SEM_UNDO);
}

static void *thread(void *arg)
{
	(void)arg;
	add(7, -2, SEM_UNDO);
	work_wait();
	return NULL;
}

static pid_t child(void (*use)(void))
{
	pid_t pid = work_fork();

	if (pid)
		return pid;
	use();
	work_up();
	work_wait();
	/* One after the other. */
	while (access(use == first ? "end-first" : "end-second", F_OK))
		work_sleep(5);
	_exit(0);
}

static void value(int num, int want)
{
	CHECK_EQ(semctl(set, num, GETVAL), want);
}

int main(void)
{
	pid_t one, two, three;
	pthread_t t;
	size_t i;

	/* 250 is the old limit of a set, 500 the largest number of operations. */
	set = semget(IPC_PRIVATE, N, 0600);
	CHECK(set >= 0);
	FILE *f = fopen("sets", "a");
	CHECK(f);
	fprintf(f, "%d\n", set);
	fclose(f);
	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		add(i, values[i], 0);
	one = child(first);
	two = child(second);
	three = work_fork();
	if (three == 0) {
		CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
		while (semctl(set, 7, GETVAL) != 1)
			work_sleep(1);
		work_up();
		pthread_join(t, NULL);
		while (access("end-third", F_OK))
			work_sleep(5);
		_exit(0);
	}

	work_ready();

	value(0, 3);
	value(1, 1);
	value(2, 0);
	value(3, 59);
	value(4, 32766);
	value(5, 30000);
	value(7, 1);
	value(N - 1, 1);
	close(open("end-first", O_CREAT | O_WRONLY, 0600));
	work_join(one, 0);
	value(0, 0);
	value(1, 5);
	value(2, 32767);
	value(3, 60);
	close(open("end-second", O_CREAT | O_WRONLY, 0600));
	work_join(two, 0);
	value(3, 100);
	value(4, 6);
	value(5, 32767);	/* no more than there can be */
	value(6, 3);
	value(N - 1, 0);
	value(7, 1);
	close(open("end-third", O_CREAT | O_WRONLY, 0600));
	work_join(three, 0);
	value(7, 3);
	CHECK(semctl(set, 0, IPC_RMID) == 0);
	work_pass();
}
