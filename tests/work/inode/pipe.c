// SPDX-License-Identifier: GPL-2.0-or-later
/* Pipes whose ends are in different processes; one without reader; one only in flight between two children. */
#include "tests/work/work.h"

int main(void)
{
	int a[2], orphan[2];
	char buf[16];
	pid_t w, r;

	signal(SIGPIPE, SIG_IGN);
	CHECK(pipe(a) == 0 && pipe(orphan) == 0);
	CHECK(write(orphan[1], "never read", 10) == 10);
	close(orphan[0]);
	w = work_fork();
	if (w == 0) {
		close(a[0]);
		CHECK(write(a[1], "before ", 7) == 7);
		work_up();
		work_wait();
		CHECK(write(a[1], "after", 5) == 5);
		_exit(0);
	}
	r = work_fork();
	if (r == 0) {
		int n = 0, k;

		close(a[1]);
		work_up();
		work_wait();
		while ((k = read(a[0], buf + n, sizeof(buf) - n)) > 0)
			n += k;
		CHECK_EQ(n, 12);
		CHECK(!memcmp(buf, "before after", 12));
		_exit(0);
	}
	close(a[0]);
	close(a[1]);
	work_ready();
	CHECK(write(orphan[1], "x", 1) == -1 && errno == EPIPE);
	work_join(w, 0);
	work_join(r, 0);
	work_pass();
}
