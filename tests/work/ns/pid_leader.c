// SPDX-License-Identifier: GPL-2.0-or-later
/* The first process of a pid namespace, whose first thread has exited while another goes on: it is still who reaps. */
#include <pthread.h>

#include "tests/work/work.h"

static pid_t orphans;

static void *rest(void *arg)
{
	int status;

	(void)arg;
	while (work_field("/proc/self/status", "State")[0] != 'Z')
		work_sleep(1);
	work_ready();
	CHECK_EQ(getpid(), 1);
	CHECK(gettid() != 1);
	CHECK_STR(work_field("/proc/1/task/1/status", "State"), "Z (zombie)");
	/* the child's child, which nobody has waited for, comes to us */
	CHECK_EQ(waitpid(orphans, &status, 0), orphans);
	CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK(wait(&status) < 0 && errno == ECHILD);
	work_pass();
}

int main(void)
{
	pthread_t t;

	if (getpid() != 1)
		work_skip("not the first process of its pid namespace");
	orphans = work_fork();
	if (!orphans) {
		if (!work_fork()) {
			work_up();
			work_wait();
			work_sleep(100);
			_exit(7);
		}
		work_up();
		work_wait();
		_exit(0);
	}
	CHECK(pthread_create(&t, NULL, rest, NULL) == 0);
	pthread_exit(NULL);
}
