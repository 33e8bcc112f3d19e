/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session keyrings, and those of the users of a user namespace, which are lost. */
#ifndef CRFS_TASK_KEYRING_H
#define CRFS_TASK_KEYRING_H

#include "snap.h"

/** keyring_name() - name the loss if process @t, of a frozen container, has keys in a session keyring of its own */
void keyring_name(struct snap *s, struct task *t);

/** keyring_users() - name the loss if users of the user namespace @obj, which @t is in, have keys there */
void keyring_users(struct snap *s, const struct task *t, const char *obj);

#endif
