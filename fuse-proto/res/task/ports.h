/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a thread access to all I/O ports, iopl(2)? */
#ifndef CRFS_TASK_PORTS_H
#define CRFS_TASK_PORTS_H

#include "resource.h"

void ports_ask(struct snap *s, struct task *t, struct tape *tape);
/** ports_refuse() - name it if it has */
void ports_refuse(struct snap *s, struct task *t);

#endif
