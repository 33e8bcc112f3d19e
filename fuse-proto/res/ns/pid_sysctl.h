/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysctls of a pid namespace: the kernel shows them to whoever is in it. */
#ifndef CRFS_RES_NS_PID_SYSCTL_H
#define CRFS_RES_NS_PID_SYSCTL_H

#include "image.h"
#include "snap.h"

struct ns;

/** pid_sysctls_read() - a section with those that are not what a new namespace has, if there are any */
void pid_sysctls_read(struct snap *s, const struct ns *n, struct text *out);

void pid_sysctls_check(struct image *im, struct iobj *o);

/** pid_sysctls_put() - its first process is there. Return: 0 or a negative errno, with the reason */
int pid_sysctls_put(struct restore *rs, struct iobj *o);

#endif
