// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V segments: two processes share one, one has a part of it elsewhere, read-only; one that is
 * removed but attached; one that is locked; one with a key and rights; of huge pages if there are any.
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "tests/work/work.h"

#define SZ (1 << 20)
#define ODD 5000	/* no whole pages */

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif

/* tests/res/inode/sysv_shm.bats removes what a test that fails has left. */
static int make(key_t key, size_t size, int flags)
{
	int id = shmget(key, size, IPC_CREAT | IPC_EXCL | flags);
	FILE *f = fopen("segments", "a");

	CHECK(f);
	if (id >= 0)
		fprintf(f, "%d\n", id);
	fclose(f);
	return id;
}

static struct shmid_ds of(int id)
{
	struct shmid_ds ds;

	CHECK(shmctl(id, IPC_STAT, &ds) == 0);
	return ds;
}

int main(void)
{
	int shared = make(IPC_PRIVATE, SZ, 0600), removed = make(IPC_PRIVATE, SZ, 0640);
	key_t key = 0x43000000 | getpid();
	int odd = make(key, ODD, 0600), huge = make(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600);
	struct shmid_ds ds, before;
	char *a, *r, *o, *b, *h = NULL;
	atomic_int *flag;
	pid_t pid;

	CHECK(shared >= 0 && removed >= 0 && odd >= 0);
	a = shmat(shared, NULL, 0);
	r = shmat(removed, NULL, 0);
	o = shmat(odd, NULL, 0);
	CHECK(a != (void *)-1 && r != (void *)-1 && o != (void *)-1);
	if (huge >= 0) {
		h = shmat(huge, NULL, 0);
		CHECK(h != (void *)-1);
		work_fill(h, 8192, 4);
	}
	work_fill(a, SZ / 2, 1);
	work_fill(r, SZ, 2);
	madvise(r, SZ, MADV_NOHUGEPAGE);	/* EINVAL where no page is huge */
	work_fill(o, ODD, 3);
	CHECK(shmctl(removed, IPC_RMID, NULL) == 0);
	CHECK(shmctl(shared, SHM_LOCK, NULL) == 0);
	ds = of(odd);
	ds.shm_perm.uid = 1234;
	ds.shm_perm.gid = 4321;
	ds.shm_perm.mode = 0604;
	CHECK(shmctl(odd, IPC_SET, &ds) == 0);
	CHECK(mprotect(o, 4096, PROT_READ) == 0);
	flag = (atomic_int *)(a + SZ - 4096);
	pid = work_fork();
	if (pid == 0) {
		/* Elsewhere, for reading only, without its first half; the fork's own it gives up. */
		b = shmat(shared, NULL, SHM_RDONLY);
		CHECK(b != (void *)-1 && b != a);
		CHECK(shmdt(o) == 0);
		CHECK(munmap(b, SZ / 4) == 0);
		work_up();
		work_wait();
		while (*flag != 1)
			work_sleep(1);
		CHECK(!memcmp(b + SZ / 2 + 8192, "from parent", 11));
		CHECK(mprotect(b + SZ / 2, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
		memcpy(a + SZ / 2 + 16384, "from child", 10);
		*flag = 2;
		_exit(0);
	}
	before = of(shared);

	work_ready();

	CHECK(work_same(a, SZ / 2, 1) && work_same(r, SZ, 2) && work_same(o, ODD, 3));
	CHECK(!h || work_same(h, 8192, 4));
	ds = of(shared);
	CHECK_EQ(ds.shm_nattch, before.shm_nattch);
	CHECK(ds.shm_perm.mode & SHM_LOCKED);
	ds = of(removed);
	CHECK(ds.shm_perm.mode & SHM_DEST);
	CHECK_EQ(ds.shm_nattch, 2);
	ds = of(odd);
	CHECK_EQ(shmget(key, 0, 0), odd);
	CHECK_EQ(ds.shm_segsz, ODD);
	CHECK_EQ(ds.shm_perm.uid, 1234);
	CHECK_EQ(ds.shm_perm.gid, 4321);
	CHECK_EQ(ds.shm_perm.cuid, geteuid());
	CHECK_EQ(ds.shm_perm.mode, 0604);
	CHECK_EQ(*flag, 0);
	memcpy(a + SZ / 2 + 8192, "from parent", 11);
	*flag = 1;
	while (*flag != 2)
		work_sleep(1);
	CHECK(!memcmp(a + SZ / 2 + 16384, "from child", 10));
	work_join(pid, 0);
	CHECK(shmdt(r) == 0 && shmdt(a) == 0 && shmdt(o) == 0);
	CHECK(shmctl(removed, IPC_STAT, &ds) == -1 && (errno == EINVAL || errno == EIDRM));
	CHECK_EQ(of(shared).shm_nattch, 0);
	CHECK(shmctl(shared, IPC_RMID, NULL) == 0 && shmctl(odd, IPC_RMID, NULL) == 0);
	CHECK(huge < 0 || shmctl(huge, IPC_RMID, NULL) == 0);
	work_pass();
}
