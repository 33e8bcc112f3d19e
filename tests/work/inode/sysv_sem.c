// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V semaphores: values from nothing to the most there can be, last users, rights; a child that
 * waits in semop(2) and one that has used its own.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "tests/work/work.h"

#define N 40

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static int make(key_t key, int n, int flags)
{
	int id = semget(key, n, IPC_CREAT | IPC_EXCL | flags);
	FILE *f = fopen("sets", "a");

	CHECK(id >= 0 && f);
	fprintf(f, "%d\n", id);
	fclose(f);
	return id;
}

static void up(int id, int num, int by)
{
	struct sembuf op = { num, by, 0 };

	/* The freezer interrupts it, as every signal does: semop(2) is never restarted. */
	while (semop(id, &op, 1))
		CHECK_EQ(errno, EINTR);
}

int main(void)
{
	key_t key = 0x44000000 | getpid();
	int set = make(key, N, 0600), other = make(IPC_PRIVATE, 1, 0660), i;
	struct semid_ds ds;
	union semun arg = { .buf = &ds };
	pid_t waits, used;

	for (i = 1; i < N; i++)
		up(set, i, i == 2 ? 32767 : i);
	CHECK(semctl(other, 0, IPC_STAT, arg) == 0);
	ds.sem_perm.uid = 1234;
	ds.sem_perm.gid = 4321;
	ds.sem_perm.mode = 0604;
	CHECK(semctl(other, 0, IPC_SET, arg) == 0);
	used = work_fork();
	if (used == 0) {
		up(other, 0, 7);
		up(set, 5, -1);
		work_up();
		work_wait();
		_exit(0);
	}
	waits = work_fork();
	if (waits == 0) {
		work_up();
		up(set, 0, -3);
		_exit(5);
	}
	while (semctl(set, 0, GETNCNT) != 1)
		work_sleep(1);

	work_ready();

	CHECK_EQ(semget(key, 0, 0), set);
	for (i = 0; i < N; i++) {
		CHECK_EQ(semctl(set, i, GETVAL), i == 2 ? 32767 : i == 5 ? 4 : i);
		CHECK_EQ(semctl(set, i, GETPID) == (i == 5 ? used : getpid()), i != 0);
	}
	CHECK_EQ(semctl(other, 0, GETVAL), 7);
	CHECK_EQ(semctl(other, 0, GETPID), used);
	CHECK(semctl(other, 0, IPC_STAT, arg) == 0);
	CHECK_EQ(ds.sem_perm.uid, 1234);
	CHECK_EQ(ds.sem_perm.gid, 4321);
	CHECK_EQ(ds.sem_perm.cuid, geteuid());
	CHECK_EQ(ds.sem_perm.mode, 0604);
	while (semctl(set, 0, GETNCNT) != 1)
		work_sleep(1);
	up(set, 0, 3);
	work_join(waits, 5);
	CHECK_EQ(semctl(set, 0, GETVAL), 0);
	work_join(used, 0);
	CHECK(semctl(set, 0, IPC_RMID) == 0 && semctl(other, 0, IPC_RMID) == 0);
	work_pass();
}
