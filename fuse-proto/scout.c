// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scouts. What a task sees of its mounts ends at its root (chroot(2)), and setns(2) leads to the root of a mount namespace: so
 * a child of ours goes there, and is looked at instead of a task. It ends with us.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "res/ns/ns.h"
#include "scout.h"

/** struct scout - @task: as /proc has it; @ns: of which namespace; @pid: 0: nobody could go there */
struct scout {
	struct task task;
	unsigned int ns;
	pid_t pid;
	struct scout *next;
};

static void __attribute__((noreturn)) live(int ns, int said, pid_t parent)
{
	char ok = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || setns(ns, CLONE_NEWNS) || write(said, &ok, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static pid_t start(int ns)
{
	pid_t self = getpid(), pid;
	int said[2];
	char ok = 0;

	if (pipe2(said, O_CLOEXEC))
		return 0;
	pid = fork();
	if (!pid)
		live(ns, said[1], self);
	close(said[1]);
	if (pid > 0 && read(said[0], &ok, 1) != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(said[0]);
	return pid < 0 ? 0 : pid;
}

static struct task *who_is_in(struct snap *s, unsigned int ns)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie && ns_id(s, &s->tasks[i], "mnt") == ns)
			return &s->tasks[i];
	return NULL;
}

struct task *scout(struct snap *s, unsigned int ns)
{
	struct task *t = who_is_in(s, ns);
	struct scout *c = s->scouts;
	int fd;

	while (c && c->ns != ns)
		c = c->next;
	if (c)
		return c->pid ? &c->task : NULL;
	c = t ? pool_alloc(&s->scratch, sizeof(*c)) : NULL;
	fd = c ? proc_open(s->proc, O_RDONLY, "%d/ns/mnt", t->tid) : -1;
	if (!c)
		return NULL;
	*c = (struct scout){ .task = *t, .ns = ns, .pid = fd < 0 ? 0 : start(fd), .next = s->scouts };
	if (fd >= 0)
		close(fd);
	c->task.tid = c->task.tgid = c->pid;
	c->task.leader = &c->task;
	s->scouts = c;
	return c->pid ? &c->task : NULL;
}

void scouts_end(struct snap *s)
{
	for (; s->scouts; s->scouts = s->scouts->next)
		if (s->scouts->pid) {
			kill(s->scouts->pid, SIGKILL);
			while (waitpid(s->scouts->pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
}
