// SPDX-License-Identifier: GPL-2.0-or-later
/* What prctl sets for a thread: machine checks, TSC, timer slack, speculation, I/O flusher; two threads differ. */
#include <linux/prctl.h>
#include <pthread.h>

#include "tests/work/work.h"

struct state {
	int mce, tsc, slack, spec[4], keep;
	void *tid_address, *robust;
	size_t robust_len;
};

static atomic_int up;

static void get(struct state *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	s->mce = prctl(PR_MCE_KILL_GET, 0, 0, 0, 0);
	CHECK(prctl(PR_GET_TSC, &s->tsc, 0, 0, 0) == 0);
	s->slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	for (i = 0; i < 3; i++)
		s->spec[i] = prctl(PR_GET_SPECULATION_CTRL, i, 0, 0, 0);
	s->keep = prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_GET_TID_ADDRESS, &s->tid_address, 0, 0, 0);
	CHECK(syscall(SYS_get_robust_list, 0, &s->robust, &s->robust_len) == 0);
}

static void *thread(void *arg)
{
	struct state before, after;

	CHECK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0) == 0);
	CHECK(prctl(PR_SET_TIMERSLACK, 777777, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	/* Not every processor lets this be chosen. */
	prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0);
	get(&before);
	up++;
	work_wait();
	get(&after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	return arg;
}

int main(void)
{
	struct state before, after;
	pthread_t t;

	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!up)
		work_sleep(1);
	CHECK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0);
	get(&before);
	work_ready();
	get(&after);
	CHECK_EQ(after.mce, PR_MCE_KILL_EARLY);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	pthread_join(t, NULL);
	work_pass();
}
