// SPDX-License-Identifier: GPL-2.0-or-later
/* Protection keys: allocation, keys of mappings, PKRU of each thread. */
#include <pthread.h>

#include "tests/work/work.h"

static int key;
static char *m;
static atomic_int up;

static void *thread(void *arg)
{
	(void)arg;
	CHECK(pkey_set(key, 0) == 0);
	up++;
	work_wait();
	CHECK_EQ(pkey_get(key), 0);
	CHECK_EQ(m[0], 'k');
	return NULL;
}

int main(void)
{
	pthread_t t;

	key = pkey_alloc(0, PKEY_DISABLE_WRITE);
	if (key < 0)
		work_skip("this machine has no protection keys");
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[0] = 'k';
	CHECK(pkey_mprotect(m, 8192, PROT_READ | PROT_WRITE, key) == 0);
	CHECK(pkey_set(key, PKEY_DISABLE_ACCESS) == 0);
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!up)
		work_sleep(1);
	work_ready();
	CHECK_EQ(pkey_get(key), PKEY_DISABLE_ACCESS);
	CHECK(syscall(SYS_access, m, F_OK) == -1 && errno == EFAULT);
	CHECK(pkey_set(key, 0) == 0);
	CHECK_EQ(m[0], 'k');
	CHECK_EQ(pkey_free(key), 0);
	pthread_join(t, NULL);
	work_pass();
}
