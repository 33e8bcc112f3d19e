/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials: what creds.c (reading) and creds_put.c (putting back) share. */
#ifndef CRFS_TASK_CREDS_H
#define CRFS_TASK_CREDS_H

#include "resource.h"

void creds_check(struct image *im, struct iobj *o);
int creds_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

/** creds_become() - give the calling process the ids of @rt, and keep all capabilities. Return: 0 or a negative errno */
int creds_become(struct restore *rs, struct rtask *rt);

#endif
