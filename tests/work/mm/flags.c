// SPDX-License-Identifier: GPL-2.0-or-later
/* Flags of a whole address space: dumpable, core dump filter, membarrier registrations, MDWE. */
#include <linux/membarrier.h>
#include <sys/prctl.h>

#include "tests/work/work.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#define MDWE_REFUSE_EXEC_GAIN 1
#define FILTER "/proc/self/coredump_filter"

static unsigned long filter(void)
{
	char buf[32] = "";
	int fd = open(FILTER, O_RDONLY);

	CHECK(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	return strtoul(buf, NULL, 16);
}

/* A process that is not dumpable owns nothing of its /proc: set the filter before, ask it after. */
int main(void)
{
	int fd = open(FILTER, O_WRONLY), mdwe;
	void *p;

	work_told();
	CHECK(fd >= 0 && write(fd, "0x5b", 4) == 4);
	close(fd);
	CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0);
	mdwe = prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;	/* since 6.3 */
	CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);

	work_ready();

	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	CHECK_EQ(filter(), 0x5b);
	/* EPERM without the registration */
	CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
	if (mdwe) {
		CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), MDWE_REFUSE_EXEC_GAIN);
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(p == MAP_FAILED && errno == EACCES);
	}
	work_pass();
}
