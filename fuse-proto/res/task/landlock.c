// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is a thread in a domain of Landlock (5.13)? Nothing tells, and nothing could put it back: it is refused.
 *
 * Whoever is in one may not look at a process that is not (security/landlock/task.c,
 * hook_ptrace_access_check()), whatever the domain is about. So the thread is asked to look at a dead
 * process with its own ids. Not where another LSM confines it, which may forbid that as well, nor in
 * a user namespace, whose ids are others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ask.h"
#include "dead.h"
#include "landlock.h"
#include "proc.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#define VERSION 1	/* LANDLOCK_CREATE_RULESET_VERSION */

/** struct asked - @pid: whom to look at, 0: nobody, -1: it could not be made; @op: of the question */
struct asked {
	pid_t pid;
	unsigned int op;
};

static const char key, off_key;

static bool same_users(const struct snap *s, const struct task *t)
{
	char path[32];
	struct stat a, b;

	snprintf(path, sizeof(path), "%d/ns/user", t->tid);
	return !fstatat(s->proc, path, &a, 0) && !fstatat(s->proc, "self/ns/user", &b, 0) &&
	       a.st_ino == b.st_ino;
}

static bool is_off(struct snap *s)
{
	const struct task *first = &s->tasks[0];
	static const char yes = 1, no;

	if (!snap_noted(first, &off_key))
		snap_note(s, &s->tasks[0], &off_key, (void *)
			  (syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION) > 0 ? &no : &yes));
	return *(const char *)snap_noted(first, &off_key);
}

void landlock_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = is_off(s) ? NULL : pool_alloc(&s->scratch, sizeof(*a)), *up;
	uint64_t room;

	if (!a)
		return;
	/* Threads mostly have the ids of the first, which has asked already. */
	up = t == t->leader ? NULL : snap_noted(t->leader, &key);
	if (up && !strncmp(snap_status(t, "Uid"), snap_status(t->leader, "Uid"), 10) &&
	    !strncmp(snap_status(t, "Gid"), snap_status(t->leader, "Gid"), 10))
		a->pid = up->pid;
	else if (same_users(s, t) && !ask_confined(s, t))
		a->pid = dead_for(s, t);
	if (a->pid > 0) {
		room = tape_data(tape, NULL, 16);
		a->op = ask(tape, SYS_get_robust_list, a->pid, room, room + 8);
	}
	snap_note(s, t, &key, a);
}

void landlock_refuse(struct snap *s, struct task *t)
{
	const struct asked *a = snap_noted(t, &key);

	if (a && a->pid < 0)
		snap_unsupported(s, -EAGAIN, task_name(s, t),
				 "whether it is in a domain of Landlock could not be asked: try again");
	if (a && a->pid > 0 && t->tape && ask_ret(t, a->op) == -EPERM)
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "in a domain of Landlock, which cannot be read: run it without");
}
