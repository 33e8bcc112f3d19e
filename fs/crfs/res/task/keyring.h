/* SPDX-License-Identifier: GPL-2.0-only */
/* Session keyrings, and those of the users of a user namespace, which are lost. */
#ifndef CRFS_TASK_KEYRING_H
#define CRFS_TASK_KEYRING_H

#include <linux/user_namespace.h>

#include "internal.h"

/* keyring_name() - name the loss if process @t has keys in a session keyring of its own */
void keyring_name(struct snap *s, const struct ctask *t, const struct cred *cred);

/* keyring_users() - name the loss if users of @ns, which is called @obj, have keys there */
void keyring_users(struct snap *s, const struct user_namespace *ns, const char *obj);

#endif
