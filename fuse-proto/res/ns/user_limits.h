/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of a user namespace. */
#ifndef CRFS_RES_NS_USER_LIMITS_H
#define CRFS_RES_NS_USER_LIMITS_H

#include "snap.h"

struct ns;

/** user_limits_name() - name those that are set in @n as lost */
void user_limits_name(struct snap *s, const struct ns *n);

#endif
