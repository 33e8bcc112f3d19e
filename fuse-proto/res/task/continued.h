/* SPDX-License-Identifier: GPL-2.0-or-later */
/* That a process was continued, and its parent has not waited for that (WCONTINUED). */
#ifndef CRFS_TASK_CONTINUED_H
#define CRFS_TASK_CONTINUED_H

#include "snap.h"

/** continued_ask() - add to @t's tape whether there is any among its children */
void continued_ask(struct snap *s, struct task *t, struct tape *tape);

/** continued_inquire() - which of them */
int continued_inquire(struct snap *s);

/** continued() - is @t one, for its parent in the container? */
bool continued(const struct task *t);

#endif
