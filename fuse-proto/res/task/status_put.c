// SPDX-License-Identifier: GPL-2.0-or-later
/* Putting back what of a task's status is not made with the task itself: name and personality. */
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <crfs/res/task/status.h>

#include "status.h"

int status_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	const struct crfs_task_status *st = image_status(o);
	char comm[16] = "";

	(void)rs;
	memcpy(comm, st->comm.p, st->comm.len < 15 ? st->comm.len : 15);
	tape_call(tape, "PR_SET_NAME", SYS_prctl, PR_SET_NAME, tape_data(tape, comm, sizeof(comm)));
	if (!rt->zombie)
		tape_call(tape, "personality", SYS_personality, st->personality);
	return 0;
}
