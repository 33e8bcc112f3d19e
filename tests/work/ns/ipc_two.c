// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V objects and POSIX queues in two IPC namespaces, with the same numbers, keys and names in both; and a queue of the
 * first that the second process has open.
 */
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "tests/work/work.h"

#define KEY 0x46000007
#define SZ (1 << 20)

struct message {
	long type;
	char text[100];
};

/** struct here - what each has; @who: what its bytes are made of */
struct here {
	int who, shm, sem, msg;
	char *at;
	mqd_t mq;
};

static void make(struct here *h, int who)
{
	struct mq_attr a = { .mq_maxmsg = 4, .mq_msgsize = 100 };
	struct message m = { .type = 7 };
	struct sembuf undo = { 1, -2, SEM_UNDO };

	h->who = who;
	h->shm = shmget(KEY, SZ, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(h->shm >= 0);
	h->at = shmat(h->shm, NULL, 0);
	CHECK(h->at != (void *)-1);
	work_fill(h->at, SZ, who);
	CHECK(shmget(KEY + 1, SZ * who, IPC_CREAT | IPC_EXCL | 0600) >= 0);	/* nobody attaches it */
	h->sem = semget(KEY, 2, IPC_CREAT | IPC_EXCL | 0600);
	CHECK(h->sem >= 0 && semctl(h->sem, 1, SETVAL, 10 + who) == 0);
	CHECK(semop(h->sem, &undo, 1) == 0);
	h->msg = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	work_fill(m.text, sizeof(m.text), 10 + who);
	CHECK(h->msg >= 0 && msgsnd(h->msg, &m, sizeof(m.text), 0) == 0);
	h->mq = mq_open("/crfs-two", O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &a);
	work_fill(m.text, sizeof(m.text), 20 + who);
	CHECK(h->mq >= 0 && mq_send(h->mq, m.text, sizeof(m.text), who) == 0);
}

static void check(const struct here *h)
{
	struct msqid_ds ds;
	struct message m;
	unsigned int prio;

	CHECK_EQ(shmget(KEY, 0, 0), h->shm);
	CHECK(work_same(h->at, SZ, h->who));
	CHECK(shmget(KEY + 1, SZ * h->who, 0) >= 0);
	CHECK(shmget(KEY + 1, SZ * h->who + 1, 0) < 0);
	CHECK_EQ(semget(KEY, 2, 0), h->sem);
	CHECK_EQ(semctl(h->sem, 1, GETVAL), 8 + h->who);
	CHECK_EQ(semctl(h->sem, 1, GETPID), getpid());
	CHECK_EQ(msgget(KEY, 0), h->msg);
	CHECK(msgctl(h->msg, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.msg_lspid, getpid());
	CHECK_EQ(msgrcv(h->msg, &m, sizeof(m.text), 7, IPC_NOWAIT), sizeof(m.text));
	CHECK(work_same(m.text, sizeof(m.text), 10 + h->who));
	CHECK_EQ(mq_receive(h->mq, m.text, sizeof(m.text), &prio), sizeof(m.text));
	CHECK(work_same(m.text, sizeof(m.text), 20 + h->who));
	CHECK_EQ(prio, h->who);
	CHECK(mq_open("/crfs-two", O_RDWR) >= 0);
}

/* @far: a queue of the first. A child that ends leaves its undo entries to its namespace. */
static void second(mqd_t far, const char *theirs)
{
	char text[100];
	struct here h;
	pid_t pid;
	int sem;

	CHECK(shmdt(theirs) == 0 && unshare(CLONE_NEWIPC) == 0);
	make(&h, 2);
	sem = h.sem;
	pid = work_fork();
	if (!pid) {
		struct sembuf take = { 0, 5, SEM_UNDO };

		CHECK(semop(sem, &take, 1) == 0);
		work_up();
		work_wait();
		_exit(0);
	}
	work_up();
	work_wait();
	check(&h);
	work_join(pid, 0);
	CHECK_EQ(semctl(sem, 0, GETVAL), 0);
	CHECK_EQ(mq_receive(far, text, sizeof(text), NULL), sizeof(text));
	CHECK(work_same(text, sizeof(text), 99));
	_exit(0);
}

int main(void)
{
	struct mq_attr a = { .mq_maxmsg = 4, .mq_msgsize = 100 };
	char text[100];
	struct here h;
	mqd_t far;
	pid_t pid;

	work_own("ipc");
	make(&h, 1);
	far = mq_open("/far", O_RDWR | O_CREAT | O_EXCL, 0600, &a);
	work_fill(text, sizeof(text), 99);
	CHECK(far >= 0 && mq_send(far, text, sizeof(text), 0) == 0);
	pid = work_fork();
	if (!pid)
		second(far, h.at);
	CHECK(mq_close(far) == 0);
	work_ready();
	check(&h);
	work_join(pid, 0);
	work_pass();
}
