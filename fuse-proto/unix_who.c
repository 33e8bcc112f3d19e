// SPDX-License-Identifier: GPL-2.0-or-later
/* Pids that the kernel remembers: of who made a socket, or sent something. */
#include <errno.h>
#include <signal.h>

#include "unix_who.h"

/*
 * In the namespace of ours the number of the dead is still theirs. In one of the container's own it cannot
 * be asked for any more; and who is outside of that has no number in it.
 */
pid_t unix_who(struct snap *s, const char *obj, const char *what, pid_t pid, bool any)
{
	pid_t v = pid ? snap_vpid(s, pid) : 0;
	bool alive;

	if (!pid || v)
		return v;
	alive = kill(pid, 0) == 0 || errno != ESRCH;
	if (!s->level && (any || !alive))
		return pid;
	if (s->level && alive)
		return 0;
	snap_lost(s, obj, alive ? "%s is pid %d, outside the container" : "%s was pid %d, "
		  "which is dead and whose number in its namespace is not known any more", what, pid);
	return 0;
}
