// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects of System V IPC that are the machine's: whoever used them last is no more, and its number has now a process
 * that has nothing to do with them, or a thread. They are named in the files "sets", "queues" and "segments".
 */
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "tests/work/work.h"

static void note(const char *file, int id)
{
	FILE *f = fopen(file, "a");

	CHECK(f && id >= 0 && fprintf(f, "%d\n", id) > 0 && fclose(f) == 0);
}

/* They are the machine's, and so ours to remove, if nobody looks at them afterwards (a file "keep"). */
static void clean_up(void)
{
	static const char *const files[] = { "sets", "queues", "segments" };
	int i, id;
	FILE *f;

	for (i = 0; i < 3 && access("keep", F_OK); i++) {
		f = fopen(files[i], "r");
		while (f && fscanf(f, "%d", &id) == 1) {
			if (i == 0)
				semctl(id, 0, IPC_RMID);
			else if (i == 1)
				msgctl(id, IPC_RMID, NULL);
			else
				shmctl(id, IPC_RMID, NULL);
		}
		if (f)
			fclose(f);
	}
}

static void use(void)
{
	struct { long type; char text[4]; } m = { 1, "old" };
	struct sembuf up = { .sem_num = 0, .sem_op = 5 };
	int sem = semget(IPC_PRIVATE, 1, 0600), msg = msgget(IPC_PRIVATE, 0600);

	note("sets", sem);
	note("queues", msg);
	note("segments", shmget(IPC_PRIVATE, 4096, 0600));
	CHECK(semop(sem, &up, 1) == 0 && msgsnd(msg, &m, sizeof(m.text), 0) == 0);
}

/* The next process or thread gets this number, if nobody is faster. */
static void next_is(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", pid - 1);

	if (fd < 0 || write(fd, text, n) != n)
		work_skip("pids cannot be chosen here");
	close(fd);
}

static pid_t gone(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		use();
		_exit(0);
	}
	work_join(pid, 0);
	return pid;
}

static _Atomic pid_t tid;

static void *thread(void *arg)
{
	tid = syscall(SYS_gettid);
	if (tid == *(pid_t *)arg)
		work_wait();
	return NULL;
}

int main(void)
{
	pid_t of_process = gone(), of_thread = gone(), child = 0;
	pthread_t t;
	int i;

	work_sleep(1100);
	for (i = 0; i < 50 && child != of_process; i++) {
		next_is(of_process);
		child = fork();
		if (child)
			continue;
		if (getpid() == of_process)
			work_wait();
		_exit(3);
	}
	for (i = 0; i < 50 && tid != of_thread; i++) {
		tid = 0;
		next_is(of_thread);
		CHECK(pthread_create(&t, NULL, thread, &of_thread) == 0);
		while (!tid)
			work_sleep(1);
	}
	if (child != of_process || tid != of_thread) {
		clean_up();
		work_skip("their numbers were taken by others");
	}

	work_ready();

	CHECK_EQ(getpgid(of_process), getpgrp());
	CHECK(pthread_join(t, NULL) == 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	clean_up();
	work_pass();
}
