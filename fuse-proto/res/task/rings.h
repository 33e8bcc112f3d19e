/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a thread an io_uring that it knows by a number of its own, and no descriptor? */
#ifndef CRFS_TASK_RINGS_H
#define CRFS_TASK_RINGS_H

#include "resource.h"

void rings_ask(struct snap *s, struct task *t, struct tape *tape);
/** rings_inquire() - those who have, or once had, any. Return: 0 or a negative errno */
int rings_inquire(struct snap *s);
/** rings_refuse() - name it if it has */
void rings_refuse(struct snap *s, struct task *t);

#endif
