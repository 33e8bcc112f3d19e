// SPDX-License-Identifier: GPL-2.0-or-later
/* Many threads with stacks, locks, TLS, a condition variable; tids out of order; robust list, tid address. */
#include <linux/futex.h>
#include <pthread.h>

#include "tests/work/work.h"

#define N 24

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, robust;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static __thread int tls = -1;
static int gone, waiting, holding;
static pid_t tids[N];

static void *early(void *arg)
{
	return arg;
}

static void *holder(void *arg)
{
	CHECK(pthread_mutex_lock(&robust) == 0);
	holding = 1;
	work_wait();
	return arg;		/* dies with the lock: the kernel walks its robust list */
}

static void *thread(void *arg)
{
	long i = (long)arg;
	char buf[8192];
	void *head;
	size_t len;

	tls = i;
	work_fill(buf, sizeof(buf), i);
	tids[i] = syscall(SYS_gettid);
	CHECK(pthread_mutex_lock(&lock) == 0);
	waiting++;
	while (!gone)
		CHECK(pthread_cond_wait(&cond, &lock) == 0);
	pthread_mutex_unlock(&lock);
	CHECK_EQ(tls, i);
	CHECK_EQ(syscall(SYS_gettid), tids[i]);
	CHECK(work_same(buf, sizeof(buf), i));
	CHECK(syscall(SYS_get_robust_list, 0, &head, &len) == 0);
	CHECK(head != NULL && len == sizeof(struct robust_list_head));
	return (void *)(i * 3);
}

int main(void)
{
	pthread_mutexattr_t ma;
	pthread_t t[N], h, x;
	void *ret;
	long i;

	pthread_mutexattr_init(&ma);
	pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &ma);
	for (i = 0; i < N; i++) {
		/* Short-lived ones between, so that tids have gaps. */
		CHECK(pthread_create(&x, NULL, early, NULL) == 0);
		CHECK(pthread_create(&t[i], NULL, thread, (void *)i) == 0);
		pthread_join(x, NULL);
	}
	CHECK(pthread_create(&h, NULL, holder, NULL) == 0);
	while (__atomic_load_n(&waiting, __ATOMIC_RELAXED) < N || !__atomic_load_n(&holding, __ATOMIC_RELAXED))
		work_sleep(1);

	work_ready();

	pthread_join(h, NULL);		/* needs clear_child_tid */
	CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
	pthread_mutex_lock(&lock);
	gone = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < N; i++) {
		CHECK(pthread_join(t[i], &ret) == 0);
		CHECK_EQ((long)ret, i * 3);
	}
	work_pass();
}
