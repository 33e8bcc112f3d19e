/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and making user namespaces: what user.c and user_make.c have for each other and for ns.c. */
#ifndef CRFS_NS_USER_READ_H
#define CRFS_NS_USER_READ_H

#include "resource.h"

/** user_obstacles() - name tasks and namespaces that user namespaces keep from being made again */
void user_obstacles(struct snap *s);
int user_make(struct restore *rs, struct iobj *o);

#endif
