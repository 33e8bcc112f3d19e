// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IPC namespace of its own: limits, lowered below what is there; a segment that nobody has
 * attached. With an argument one thing of what crfs refuses, or what a process outside has to do for it.
 */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "tests/work/work.h"

#define SZ (3 << 20)

static const char *const limits[][2] = {
	{ "/proc/sys/kernel/shmmax", "1000000" },
	{ "/proc/sys/kernel/shmall", "77777" },
	{ "/proc/sys/kernel/shmmni", "2" },
	{ "/proc/sys/kernel/sem", "60\t4000\t40\t3" },
	{ "/proc/sys/kernel/msgmax", "10000" },
	{ "/proc/sys/kernel/msgmnb", "20000" },
	{ "/proc/sys/kernel/msgmni", "5" },
	{ "/proc/sys/fs/mqueue/queues_max", "17" },
	{ "/proc/sys/fs/mqueue/msg_max", "11" },
	{ "/proc/sys/fs/mqueue/msgsize_max", "9000" },
	{ "/proc/sys/fs/mqueue/msg_default", "3" },
	{ "/proc/sys/fs/mqueue/msgsize_default", "300" },
};
#define NR (sizeof(limits) / sizeof(*limits))

static void say_id(int id)
{
	FILE *f = fopen("id", "w");

	CHECK(id >= 0 && f);
	fprintf(f, "%d\n", id);
	fclose(f);
}

static void write_limits(void)
{
	size_t i;

	for (i = 0; i < NR; i++) {
		int fd = open(limits[i][0], O_WRONLY);

		if (fd < 0)
			continue;
		CHECK(write(fd, limits[i][1], strlen(limits[i][1])) > 0);
		close(fd);
	}
}

static void check_limits(void)
{
	char text[100];
	size_t i;

	for (i = 0; i < NR; i++) {
		int fd = open(limits[i][0], O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (n < 0)
			continue;
		text[n - 1] = '\0';
		CHECK_STR(text, limits[i][1]);
		close(fd);
	}
}

static void attach(int id)
{
	CHECK(id >= 0 && shmat(id, NULL, 0) != (void *)-1);
}

static void use(int id)
{
	struct sembuf op = { 0, 1, 0 };

	CHECK(semop(id, &op, 1) == 0);
}

/* Return: did it do it? */
static bool refused(const char *what, const char *id)
{
	struct { long type; char text[100]; } m = { 1, "" };

	if (!strcmp(what, "made"))
		say_id(shmget(IPC_PRIVATE, 4096, 0600));
	else if (!strcmp(what, "attached")) {
		say_id(shmget(IPC_PRIVATE, 4096, 0600));
		attach(shmget(IPC_PRIVATE, 4096, 0600));
	} else if (!strcmp(what, "queue")) {
		int q = msgget(IPC_PRIVATE, 0600), fd;

		work_own("ipc");
		CHECK(q >= 0 && msgsnd(q, &m, 100, 0) == 0);
		fd = open("/proc/sys/kernel/msgmax", O_WRONLY);
		CHECK(fd >= 0 && write(fd, "50", 2) == 2);
		close(fd);
	} else if (!strcmp(what, "segment")) {
		int seg = shmget(IPC_PRIVATE, 4096, 0600);

		attach(seg);
		say_id(seg);
	} else if (!strcmp(what, "set")) {
		int set = semget(IPC_PRIVATE, 2, 0600);
		struct sembuf op = { 1, 1, 0 };

		CHECK(set >= 0 && semop(set, &op, 1) == 0);
		say_id(set);
	} else if (!strcmp(what, "attach")) {
		attach(atoi(id));
	} else if (!strcmp(what, "use")) {
		use(atoi(id));
	} else {
		return false;
	}
	return true;
}

/* A child has an IPC namespace of its own, with other limits than ours. */
static void another(void)
{
	pid_t pid = work_fork();
	struct stat ours, its;
	char path[64];

	if (!pid) {
		CHECK(unshare(CLONE_NEWIPC) == 0);
		write_limits();
		work_up();
		work_wait();
		check_limits();
		snprintf(path, sizeof(path), "/proc/%d/ns/ipc", getppid());
		CHECK(stat("/proc/self/ns/ipc", &ours) == 0 && stat(path, &its) == 0 && ours.st_ino != its.st_ino);
		_exit(0);
	}

	work_ready();

	work_join(pid, 0);
	work_pass();
}

int main(int argc, char **argv)
{
	int seg, key = 0x46000000 | getpid();
	struct shmid_ds ds;
	char *p;

	if (argc > 1 && !strcmp(argv[1], "another"))
		another();
	if (argc > 1) {
		CHECK(refused(argv[1], argc > 2 ? argv[2] : "-1"));
		work_ready();
		return 0;
	}
	work_own("ipc");
	CHECK(shmget(IPC_PRIVATE, 4096, 0600) >= 0);
	seg = shmget(key, SZ, IPC_CREAT | 0640);
	CHECK(seg >= 0);
	p = shmat(seg, NULL, 0);
	CHECK(p != (void *)-1);
	work_fill(p, SZ, 1);
	CHECK(shmdt(p) == 0);
	write_limits();

	work_ready();

	check_limits();
	CHECK_EQ(shmget(key, 0, 0), seg);
	CHECK(shmctl(seg, IPC_STAT, &ds) == 0);
	CHECK_EQ(ds.shm_nattch, 0);
	CHECK_EQ(ds.shm_segsz, SZ);
	p = shmat(seg, NULL, 0);
	CHECK(p != (void *)-1 && work_same(p, SZ, 1));
	CHECK(shmget(IPC_PRIVATE, 4096, 0600) == -1 && errno == ENOSPC);
	work_pass();
}
