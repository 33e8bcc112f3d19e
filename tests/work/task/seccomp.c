// SPDX-License-Identifier: GPL-2.0-or-later
/* Seccomp: a stack of filters, per thread; strict mode. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "tests/work/work.h"

static atomic_int up;

static void deny(int nr, int err, int flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p) == 0);
}

static void *thread(void *arg)
{
	(void)arg;
	deny(SYS_getppid, 99, 0);
	up++;
	work_wait();
	CHECK(syscall(SYS_getppid) == -1 && errno == 99);
	CHECK(syscall(SYS_sethostname, "", 0) == -1 && errno == 98);
	return NULL;
}

int main(void)
{
	pthread_t t;
	pid_t strict, child;
	int st;

	/* In strict mode there is only read, write, exit: it ends when its pipe does. */
	int p[2];

	CHECK(pipe(p) == 0);
	strict = work_fork();
	if (strict == 0) {
		char c;

		close(p[1]);
		work_up();
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0);
		syscall(SYS_read, p[0], &c, 1);
		syscall(SYS_getpid);	/* kills */
		syscall(SYS_exit, 5);
	}
	close(p[0]);
	deny(SYS_sethostname, 97, 0);
	deny(SYS_sethostname, 98, SECCOMP_FILTER_FLAG_LOG);	/* the latest decides */
	child = work_fork();
	if (child == 0) {
		work_up();
		work_wait();
		CHECK(syscall(SYS_sethostname, "", 0) == -1 && errno == 98);
		_exit(0);
	}
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!up)
		work_sleep(1);

	work_ready();

	CHECK(syscall(SYS_sethostname, "", 0) == -1 && errno == 98);
	CHECK(syscall(SYS_getppid) >= 0);
	CHECK(work_field("/proc/self/status", "Seccomp_filters")[0] == '2');
	pthread_join(t, NULL);
	work_join(child, 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK_EQ(waitpid(strict, &st, 0), strict);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	work_pass();
}
