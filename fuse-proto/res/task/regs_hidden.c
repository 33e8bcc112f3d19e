// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the registers of a stopped task do not show as they are: calls that only the freeze has
 * interrupted, and what else of the CPU is set up for it.
 */
#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "regs.h"
#include "rooms.h"

#define ERESTARTNOHAND 514
#define EFLAGS_ID 0x200000

/* They wait, and have done nothing as long as they do: with a timeout it starts anew. */
static bool only_waits(long nr)
{
	switch (nr) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_rt_sigtimedwait:
	case SYS_semop:
	case SYS_semtimedop:
	case SYS_io_getevents:
	case SYS_accept:	/* these of sockets with SO_RCVTIMEO or SO_SNDTIMEO, where nothing has come or left */
	case SYS_accept4:
	case SYS_connect:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
	case SYS_splice:
		return true;
	default:
		return false;
	}
}

void regs_calm(struct user_regs_struct *r)
{
	if ((long)r->orig_rax >= 0 && (long)r->rax == -EINTR && only_waits(r->orig_rax))
		r->rax = -ERESTARTNOHAND;
	/* Only the task itself can set it again (popf), and it means nothing. */
	r->eflags &= ~(unsigned long long)EFLAGS_ID;
}

static void name_it(struct snap *s, const struct task *t, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid), "%s, which cannot be carried yet: run it without",
			 what);
}

static bool has_ports(pid_t tid)
{
	char buf[8192];
	struct iovec io = { buf, sizeof(buf) };

	return !ptrace(PTRACE_GETREGSET, tid, (void *)NT_386_IOPERM, &io) && io.iov_len;
}

void regs_hidden(struct snap *s, const struct task *t)
{
	if (has_ports(t->tid))
		name_it(s, t, "access to I/O ports (ioperm)");
}
