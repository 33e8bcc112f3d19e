// SPDX-License-Identifier: GPL-2.0-or-later
/* Resource limits, soft and hard, per process; those that bind (NPROC, DATA) too. */
#include <sys/resource.h>

#include "tests/work/work.h"

static struct {
	int what;
	rlim_t soft, hard;
} want[] = {
	{ RLIMIT_AS, 64ull << 30, RLIM_INFINITY },
	{ RLIMIT_CORE, 0, 4096 },
	{ RLIMIT_CPU, 1000, 2000 },
	{ RLIMIT_DATA, 1 << 20, 1ull << 30 },
	{ RLIMIT_FSIZE, 1 << 20, RLIM_INFINITY },
	{ RLIMIT_LOCKS, 7, 8 },
	{ RLIMIT_MEMLOCK, 0, 65536 },
	{ RLIMIT_MSGQUEUE, 1000, 2000 },
	{ RLIMIT_NICE, 0, 0 },
	{ RLIMIT_NOFILE, 5, 77 },
	{ RLIMIT_NPROC, 1, 3 },
	{ RLIMIT_RTTIME, 5000000, 6000000 },
	{ RLIMIT_SIGPENDING, 2, 4 },
	{ RLIMIT_STACK, 1 << 20, 4 << 20 },
};
#define N (sizeof(want) / sizeof(want[0]))

static void check(void)
{
	struct rlimit r;
	size_t i;

	for (i = 0; i < N; i++) {
		CHECK(getrlimit(want[i].what, &r) == 0);
		if (r.rlim_cur != want[i].soft || r.rlim_max != want[i].hard)
			work_fail(__FILE__, __LINE__, "limit %d is %llu %llu", want[i].what,
				  (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
	}
}

int main(void)
{
	struct rlimit r, nproc;
	size_t i;
	pid_t pid = work_fork();

	if (pid == 0) {
		/* The other process keeps what it was born with. */
		CHECK(getrlimit(RLIMIT_NPROC, &nproc) == 0);
		work_up();
		work_wait();
		CHECK(getrlimit(RLIMIT_NPROC, &r) == 0);
		CHECK(r.rlim_cur == nproc.rlim_cur && r.rlim_max == nproc.rlim_max);
		_exit(0);
	}
	for (i = 0; i < N; i++) {
		/* Nobody may raise a hard limit without CAP_SYS_RESOURCE. */
		CHECK(getrlimit(want[i].what, &r) == 0);
		if (want[i].hard > r.rlim_max)
			want[i].hard = r.rlim_max;
		if (want[i].soft > want[i].hard)
			want[i].soft = want[i].hard;
		r.rlim_cur = want[i].soft;
		r.rlim_max = want[i].hard;
		CHECK(setrlimit(want[i].what, &r) == 0);
	}
	work_ready();
	check();
	work_join(pid, 0);
	work_pass();
}
