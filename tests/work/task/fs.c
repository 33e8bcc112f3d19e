// SPDX-License-Identifier: GPL-2.0-or-later
/* Umask, working directory and root, of two processes that differ; names with blanks. */
#include "tests/work/work.h"

int main(void)
{
	char cwd[256], want[256];
	pid_t pid;

	work_told();
	CHECK(getcwd(want, sizeof(want)));
	strcat(want, "/sub dir");
	CHECK(mkdir("sub dir", 0700) == 0 || errno == EEXIST);

	umask(022);
	pid = work_fork();
	if (pid == 0) {
		/* A process that sees only a part: its root, and its directory below it. */
		CHECK(mkdir("jail", 0700) == 0 || errno == EEXIST);
		CHECK(mkdir("jail/in", 0700) == 0 || errno == EEXIST);
		CHECK(chroot("jail") == 0 && chdir("/in") == 0);
		work_up();
		while (access("/go", F_OK))
			work_sleep(10);
		CHECK(getcwd(cwd, sizeof(cwd)));
		CHECK_STR(cwd, "/in");
		CHECK(access("/in", F_OK) == 0 && access("/proc", F_OK) == -1);
		CHECK_EQ(umask(0), 022);
		_exit(0);
	}
	umask(0137);
	CHECK(chdir("sub dir") == 0);

	work_ready();

	CHECK_EQ(umask(022), 0137);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, want);
	CHECK(close(open("../jail/go", O_CREAT | O_WRONLY, 0600)) == 0);
	work_join(pid, 0);
	work_pass();
}
