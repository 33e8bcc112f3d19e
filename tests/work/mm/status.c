// SPDX-License-Identifier: GPL-2.0-or-later
/* The heap's end, and the areas of arguments, environment and auxiliary vector, moved by prctl. */
#include <sys/auxv.h>

#include "tests/work/work.h"

static size_t slurp(const char *file, char *buf, size_t size)
{
	int fd = open(file, O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	n = read(fd, buf, size);
	CHECK(n >= 0);
	close(fd);
	return n;
}

static char cmd[2][4096], env[2][65536], aux[2][4096], exe[2][256];

static void all(int i)
{
	ssize_t n;

	slurp("/proc/self/cmdline", cmd[i], sizeof(cmd[i]));
	slurp("/proc/self/environ", env[i], sizeof(env[i]));
	slurp("/proc/self/auxv", aux[i], sizeof(aux[i]));
	n = readlink("/proc/self/exe", exe[i], sizeof(exe[i]) - 1);
	CHECK(n > 0);
}

int main(int argc, char **argv)
{
	char *brk0 = sbrk(0), *p;

	(void)argc;
	work_told();
	p = sbrk(100000);
	CHECK(p != (void *)-1);
	work_fill(p, 100000, 5);
	/* As setproctitle() does. */
	memset(argv[0], 'T', strlen(argv[0]));
	char *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(args != MAP_FAILED);
	memcpy(args, "moved\0arguments\0A=b\0C=d", 24);
	/* In this order the kernel takes them one by one: start must stay below end. */
	CHECK(prctl(PR_SET_MM, PR_SET_MM_ENV_END, args + 24, 0, 0) == 0 || errno == EPERM || errno == EINVAL);
	if (errno != EPERM) {
		prctl(PR_SET_MM, PR_SET_MM_ARG_END, args + 16, 0, 0);
		prctl(PR_SET_MM, PR_SET_MM_ARG_START, args, 0, 0);
		prctl(PR_SET_MM, PR_SET_MM_ENV_START, args + 16, 0, 0);
		prctl(PR_SET_MM, PR_SET_MM_ENV_END, args + 24, 0, 0);
	}
	all(0);
	unsigned long random = getauxval(AT_RANDOM);

	work_ready();

	all(1);
	CHECK(!memcmp(cmd[0], cmd[1], sizeof(cmd[0])));
	CHECK(!memcmp(env[0], env[1], sizeof(env[0])));
	CHECK(!memcmp(aux[0], aux[1], sizeof(aux[0])));
	CHECK_STR(exe[1], exe[0]);
	CHECK_EQ(getauxval(AT_RANDOM), random);
	CHECK(sbrk(0) == p + 100000);
	CHECK(work_same(p, 100000, 5));
	CHECK(sbrk(-100000) != (void *)-1);
	CHECK(sbrk(0) == p);
	CHECK(brk0 <= p);
	CHECK(brk(p + 65536) == 0);
	p[65535] = 1;
	work_pass();
}
