// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for one traced task to stop, and what the stop means. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "park.h"

static void classify(pid_t pid, int status, struct park *p)
{
	int event = status >> 16;
	unsigned long child = 0;

	*p = (struct park){ .status = status };
	if (!WIFSTOPPED(status)) {
		p->kind = PARK_DEAD;
		return;
	}
	p->sig = WSTOPSIG(status);
	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
		ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
		p->child = child;
		p->kind = PARK_NEW;
	} else if (event == PTRACE_EVENT_STOP) {
		p->kind = p->sig == SIGTRAP ? PARK_TRAP : PARK_GROUP;
	} else if (p->sig == (SIGTRAP | 0x80)) {
		p->kind = PARK_SYSCALL;
	} else {
		p->kind = PARK_SIGNAL;
	}
}

int park_wait(pid_t pid, struct park *p)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, __WALL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	classify(pid, status, p);
	return 0;
}

int park_cont(pid_t pid, int sig)
{
	return ptrace(PTRACE_CONT, pid, 0, (long)sig) ? -errno : 0;
}

static int set_regs(pid_t pid, struct user_regs_struct *regs)
{
	return ptrace(PTRACE_SETREGS, pid, 0, regs) ? -errno : 0;
}

/*
 * At the entry an interruption is asked for: the call still runs, but does not sleep, and the task
 * stops on its way back, where signals are looked for, and not as PTRACE_SYSCALL would stop it.
 */
int park_call(pid_t pid, uint64_t at, struct user_regs_struct *regs)
{
	struct park p;
	int rc;

	regs->rip = at;
	regs->orig_rax = -1;
	rc = set_regs(pid, regs);
	if (!rc && ptrace(PTRACE_SYSCALL, pid, 0, 0))
		rc = -errno;
	if (!rc)
		rc = park_wait(pid, &p);
	while (!rc && (p.kind == PARK_GROUP || p.kind == PARK_TRAP)) {
		rc = ptrace(PTRACE_SYSCALL, pid, 0, 0) ? -errno : 0;
		if (!rc)
			rc = park_wait(pid, &p);
	}
	if (!rc && p.kind != PARK_SYSCALL)
		rc = -ESRCH;
	if (!rc && ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		rc = -errno;
	if (!rc)
		rc = park_cont(pid, 0);
	if (!rc)
		rc = park_wait(pid, &p);
	if (!rc && p.kind != PARK_TRAP && p.kind != PARK_GROUP)
		rc = -ESRCH;
	if (!rc && ptrace(PTRACE_GETREGS, pid, 0, regs))
		rc = -errno;
	return rc;
}

const char *park_name(const struct park *p, char *buf, size_t size)
{
	if (p->kind == PARK_DEAD && WIFSIGNALED(p->status))
		snprintf(buf, size, "it was killed by SIG%s", sigabbrev_np(WTERMSIG(p->status)));
	else if (p->kind == PARK_DEAD)
		snprintf(buf, size, "it exited with status %d", WEXITSTATUS(p->status));
	else if (p->kind == PARK_SIGNAL)
		snprintf(buf, size, "it got SIG%s", sigabbrev_np(p->sig) ?: "RT");
	else
		snprintf(buf, size, "it stopped in an unexpected way (0x%x)", p->status);
	return buf;
}
