// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V message queues: messages of several types and lengths, of none, one queue full and one
 * empty; last sender and receiver; rights; a child that waits in msgrcv(2).
 */
#include <limits.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "tests/work/work.h"

#define MAX 8192

struct message {
	long type;
	char text[MAX];
};

static struct message m;

static int make(key_t key, int flags)
{
	int id = msgget(key, IPC_CREAT | IPC_EXCL | flags);
	FILE *f = fopen("queues", "a");

	CHECK(id >= 0 && f);
	fprintf(f, "%d\n", id);
	fclose(f);
	return id;
}

static void put(int id, long type, size_t len)
{
	m.type = type;
	work_fill(m.text, len, type + len);
	CHECK(msgsnd(id, &m, len, IPC_NOWAIT) == 0);
}

static void take(int id, long want, long type, size_t len)
{
	CHECK_EQ(msgrcv(id, &m, MAX, want, IPC_NOWAIT), len);
	CHECK_EQ(m.type, type);
	CHECK(work_same(m.text, len, type + len));
}

int main(void)
{
	key_t key = 0x45000000 | getpid();
	int q = make(key, 0640), full = make(IPC_PRIVATE, 0600), none = make(IPC_PRIVATE, 0600);
	struct msqid_ds ds;
	pid_t waits, took;

	put(q, LONG_MAX, 10);
	put(q, 3, 1);
	put(q, 3, MAX);
	put(q, 1, 0);
	put(q, 7, 100);
	CHECK(msgctl(full, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = 9000;
	ds.msg_perm.uid = 1234;
	ds.msg_perm.gid = 4321;
	ds.msg_perm.mode = 0604;
	CHECK(msgctl(full, IPC_SET, &ds) == 0);
	put(full, 2, 1000);
	put(full, 2, 8000);
	put(none, 5, 5);
	took = work_fork();
	if (took == 0) {
		take(none, 0, 5, 5);
		take(q, 3, 3, 1);
		work_up();
		work_wait();
		_exit(0);
	}
	waits = work_fork();
	if (waits == 0) {
		work_up();
		CHECK_EQ(msgrcv(none, &m, MAX, 99, 0), 4);
		CHECK(!memcmp(m.text, "come", 4));
		_exit(6);
	}
	work_sleep(50);

	work_ready();

	CHECK_EQ(msgget(key, 0), q);
	CHECK(msgctl(q, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.msg_qnum, 4);
	CHECK_EQ(ds.msg_lspid, getpid());
	CHECK_EQ(ds.msg_lrpid, took);
	CHECK_EQ(ds.msg_perm.mode, 0640);
	take(q, 0, LONG_MAX, 10);
	take(q, 1, 1, 0);
	take(q, 0, 3, MAX);
	take(q, 0, 7, 100);
	CHECK(msgctl(full, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.msg_qbytes, 9000);
	CHECK_EQ(ds.msg_perm.uid, 1234);
	CHECK_EQ(ds.msg_perm.gid, 4321);
	CHECK_EQ(ds.msg_perm.cuid, geteuid());
	CHECK_EQ(ds.msg_perm.mode, 0604);
	CHECK(msgsnd(full, &m, 1, IPC_NOWAIT) == -1 && errno == EAGAIN);
	take(full, 0, 2, 1000);
	take(full, 0, 2, 8000);
	CHECK(msgctl(none, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.msg_qnum, 0);
	CHECK_EQ(ds.msg_lrpid, took);
	m.type = 99;
	memcpy(m.text, "come", 4);
	CHECK(msgsnd(none, &m, 4, 0) == 0);
	work_join(waits, 6);
	work_join(took, 0);
	CHECK(msgctl(q, IPC_RMID, NULL) == 0 && msgctl(full, IPC_RMID, NULL) == 0);
	CHECK(msgctl(none, IPC_RMID, NULL) == 0);
	work_pass();
}
