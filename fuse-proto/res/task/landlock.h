/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a thread in a domain of Landlock? */
#ifndef CRFS_TASK_LANDLOCK_H
#define CRFS_TASK_LANDLOCK_H

#include "resource.h"

void landlock_ask(struct snap *s, struct task *t, struct tape *tape);
/** landlock_refuse() - name it if it is */
void landlock_refuse(struct snap *s, struct task *t);

#endif
