// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Has a thread access to all I/O ports, iopl(2)? Nothing tells; it is refused.
 *
 * To ask for the level that one has is granted to anybody, and for a higher one to who has CAP_SYS_RAWIO
 * (arch/x86/kernel/ioport.c). So the thread asks for 3 while that capability is not in effect. It gets it back at once,
 * by the same tape. Not where an LSM confines the thread, which may forbid capset(2): it would get what it asks for.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ask.h"
#include "ports.h"

#define BIT(cap) (1ULL << (cap))

/** struct asked - @op: of the question */
struct asked {
	unsigned int op;
};

static const char key;

static void in_effect(const struct task *t, struct tape *tape, uint64_t effective)
{
	const uint64_t permitted = snap_status_num(t, "CapPrm", 16), inheritable = snap_status_num(t, "CapInh", 16);
	const struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct set[2] = {
		{ effective, permitted, inheritable }, { effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	ask(tape, SYS_capset, tape_data(tape, &head, sizeof(head)), tape_data(tape, set, sizeof(set)));
}

/* We have no such access, so 0 is what we have: that works where the kernel knows of iopl(2) at all. */
void ports_ask(struct snap *s, struct task *t, struct tape *tape)
{
	const uint64_t caps = snap_status_num(t, "CapEff", 16);
	const bool may = caps & BIT(CAP_SYS_RAWIO);
	struct asked *a = syscall(SYS_iopl, 0) || (may && ask_confined(s, t)) ? NULL : pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	if (may)
		in_effect(t, tape, caps & ~BIT(CAP_SYS_RAWIO));
	a->op = ask(tape, SYS_iopl, 3);
	if (may)
		in_effect(t, tape, caps);
	snap_note(s, t, &key, a);
}

void ports_refuse(struct snap *s, struct task *t)
{
	const struct asked *a = snap_noted(t, &key);

	if (a && t->tape && ask_ret(t, a->op) == 0)
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t), "access to I/O ports (iopl), which cannot be carried yet: run it without");
}
