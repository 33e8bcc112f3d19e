// SPDX-License-Identifier: GPL-2.0-or-later
/* A child for one call: clone(2) with CLONE_VM, CLONE_VFORK and CLONE_FILES. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aside.h"

#define STACK (256 << 10)

/** struct call - @rc: what @fn has returned; -EIO until it has */
struct call {
	int (*fn)(void *);
	void *arg;
	int rc;
};

static int child(void *arg)
{
	struct call *c = arg;

	c->rc = c->fn(c->arg);
	_exit(0);
}

/* The child must not take signals that are ours, and nobody is told of its end but us. */
int aside(int (*fn)(void *), void *arg)
{
	struct call c = { fn, arg, -EIO };
	char *stack = malloc(STACK);
	sigset_t all, old;
	pid_t pid;

	if (!stack)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(child, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES, &c);
	if (pid < 0)
		c.rc = -errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	free(stack);
	return c.rc;
}
