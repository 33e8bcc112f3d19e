// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dead processes with the ids of a task, which it may look at unless something forbids it.
 *
 * Of a zombie nothing is to be had, but the kernel answers whether one may look: uids and gids must be
 * the same, and it must have been dumpable (since 6.18 that is remembered). So before it is dumpable,
 * it has unmapped all of our memory: it plays a tape. A second child with the same ids, which is not
 * confined, tries first: what that may not do means nothing. See kernel/ptrace.c, __ptrace_may_access().
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dead.h"
#include "proc.h"
#include "rseq.h"
#include "tape.h"

#define PAGE 4096UL
#define USER_END 0x7ffffffff000UL

/** struct dead - @pid: ours; @seen: as its namespace has it, 0: of no use, -1: it could not be made */
struct dead {
	ino_t pid_ns;
	uid_t uid;
	gid_t gid;
	pid_t pid, seen;
	struct dead *next;
};

/* A child of a program with threads: system calls only. */
static void become(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, gid, gid, gid) ||
	    syscall(SYS_setresuid, uid, uid, uid) || syscall(SYS_capset, &h, none))
		_exit(1);
}

/* Two pages, player and tape, are all that is left of it when it may be looked at. Written before the fork. */
static void last_words(uint8_t *mem)
{
	uint64_t at = (uint64_t)mem;
	struct tape t;

	memcpy(mem, player_start, player_end - player_start);
	tape_init(&t, at + PAGE, mem + PAGE, PAGE);
	tape_call(&t, "munmap", SYS_munmap, 0, at);
	tape_call(&t, "munmap", SYS_munmap, at + 2 * PAGE, USER_END - at - 2 * PAGE);
	tape_call(&t, "prctl", SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	tape_call(&t, "exit", SYS_exit_group, 0)->want = WANT_LAST;
	tape_free(&t);
}

static void __attribute__((noreturn)) vanish(uint8_t *mem)
{
	__asm__ volatile("mov %0, %%rbx; jmp *%1" : : "r"(mem + PAGE), "r"(mem) : "rbx", "memory");
	__builtin_unreachable();
}

static pid_t die(uid_t uid, gid_t gid, pid_t *seen)
{
	uint8_t *mem = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t *self = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = -1;
	siginfo_t si = { 0 };

	*seen = -1;
	if (mem != MAP_FAILED && self != MAP_FAILED) {
		last_words(mem);
		pid = fork();
	}
	if (!pid) {
		*self = syscall(SYS_getpid);
		become(uid, gid);
		rseq_leave();
		vanish(mem);
	}
	if (pid > 0) {
		waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
		*seen = si.si_code != CLD_EXITED ? -1 : si.si_status ? 0 : *self;
	}
	if (mem != MAP_FAILED)
		munmap(mem, 2 * PAGE);
	if (self != MAP_FAILED)
		munmap(self, PAGE);
	return pid;
}

static bool may_be_seen(const struct dead *d)
{
	pid_t pid = fork();
	int status = -1;
	void *head;
	size_t len;

	if (!pid) {
		become(d->uid, d->gid);
		_exit(syscall(SYS_get_robust_list, d->seen, &head, &len) != 0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* Children are born in the namespace @ns, as long as it takes. */
static void make(struct snap *s, int ns, struct dead *d)
{
	int own = proc_open(s->proc, O_RDONLY, "self/ns/pid");

	if (own >= 0 && !setns(ns, CLONE_NEWPID)) {
		d->pid = die(d->uid, d->gid, &d->seen);
		if (d->seen > 0 && !may_be_seen(d))
			d->seen = 0;
		setns(own, CLONE_NEWPID);
	}
	if (own >= 0)
		close(own);
}

pid_t dead_for(struct snap *s, const struct task *t)
{
	int ns = proc_open(s->proc, O_RDONLY, "%d/ns/pid", t->tid);
	uid_t uid = snap_status_num(t, "Uid", 10);
	gid_t gid = snap_status_num(t, "Gid", 10);
	struct stat st = { .st_ino = 0 };
	struct dead *d;

	if (ns < 0 || fstat(ns, &st))
		uid = -1;
	for (d = s->dead; d; d = d->next)
		if (d->pid_ns == st.st_ino && d->uid == uid && d->gid == gid)
			break;
	if (!d && uid != (uid_t)-1)
		d = calloc(1, sizeof(*d));
	if (d && !d->pid) {
		*d = (struct dead){ .pid_ns = st.st_ino, .uid = uid, .gid = gid, .next = s->dead };
		s->dead = d;
		make(s, ns, d);
		d->pid = d->pid ? d->pid : -1;
	}
	if (ns >= 0)
		close(ns);
	return d ? d->seen : 0;
}

void dead_bury(struct snap *s)
{
	struct dead *d;

	while ((d = s->dead)) {
		s->dead = d->next;
		if (d->pid > 0)
			waitpid(d->pid, NULL, 0);
		free(d);
	}
}
