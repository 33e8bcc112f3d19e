/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a container whose checkpoint is written. */
#ifndef CRTAR_KILL_H
#define CRTAR_KILL_H

#include "engine.h"

/** kill_can() - is there a way to? Return: 0, or -EOPNOTSUPP with the reason */
int kill_can(const struct cgroup *cg, struct err *e);

/** kill_all() - kill every task in it and wait until they are gone */
int kill_all(const struct cgroup *cg, struct err *e);

#endif
