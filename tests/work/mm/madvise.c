// SPDX-License-Identifier: GPL-2.0-or-later
/* Advice that stays: DONTFORK, DONTDUMP, WIPEONFORK, HUGEPAGE, NOHUGEPAGE, MERGEABLE, SEQUENTIAL, RANDOM. */
#include "tests/work/work.h"

#define SZ (64 << 10)

static const struct {
	int advice;
	const char *flag;
	bool maybe;		/* not in every kernel */
} all[] = {
	{ MADV_DONTFORK, "dc", false }, { MADV_DONTDUMP, "dd", false },
	{ MADV_WIPEONFORK, "wf", false }, { MADV_HUGEPAGE, "hg", true },
	{ MADV_NOHUGEPAGE, "nh", true }, { MADV_MERGEABLE, "mg", true },
	{ MADV_SEQUENTIAL, "sr", false }, { MADV_RANDOM, "rr", false },
};
#define N ((int)(sizeof(all) / sizeof(all[0])))

static char *m[N];
static bool have[N];

static bool has_flag(char *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long lo, hi;
	char line[4096], want[8];
	bool in = false, yes = false;

	CHECK(f);
	snprintf(want, sizeof(want), " %s ", flag);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &lo, &hi) == 2)
			in = lo <= (unsigned long)p && (unsigned long)p < hi;
		if (in && !strncmp(line, "VmFlags:", 8))
			yes = strstr(line, want) != NULL;
	}
	fclose(f);
	return yes;
}

int main(void)
{
	int i, st;
	pid_t pid;

	for (i = 0; i < N; i++) {
		m[i] = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(m[i] != MAP_FAILED);
		memset(m[i], 'a' + i, SZ);
		have[i] = madvise(m[i], SZ, all[i].advice) == 0;
		CHECK(have[i] || all[i].maybe);
	}
	memset(m[1] + 4096, 0, 4096);
	CHECK(madvise(m[1], 4096, MADV_DONTNEED) == 0);

	work_ready();

	for (i = 0; i < N; i++) {
		if (have[i] && !has_flag(m[i], all[i].flag))
			work_fail(__FILE__, __LINE__, "flag %s is lost", all[i].flag);
		CHECK_EQ(m[i][SZ - 1], 'a' + i);
	}
	CHECK_EQ(m[1][0], 0);
	pid = fork();
	if (pid == 0)
		_exit(m[2][SZ - 1] == 0 && msync(m[0], SZ, MS_ASYNC) == -1 ? 0 : 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
	work_pass();
}
