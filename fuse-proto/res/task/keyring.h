/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session keyrings, which are lost. */
#ifndef CRFS_TASK_KEYRING_H
#define CRFS_TASK_KEYRING_H

#include "snap.h"

/** keyring_name() - name the loss if process @t, of a frozen container, has keys in a session keyring of its own */
void keyring_name(struct snap *s, struct task *t);

#endif
