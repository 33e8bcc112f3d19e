/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container that is frozen for us, and does not stay so if we are killed. */
#ifndef CRTAR_HOLD_H
#define CRTAR_HOLD_H

#include "engine.h"

/** struct hold - @fd: what the child that thaws waits for, -1: it was frozen before us */
struct hold {
	const struct cgroup *cg;
	int fd;
	pid_t pid;
};

/** hold_frozen() - freeze it unless it is; @freeze: may we? Return: 0 or a negative errno */
int hold_frozen(struct hold *h, const struct cgroup *cg, bool freeze, struct err *e);

/** hold_end() - as it was before us: thaw it if we have frozen it */
void hold_end(struct hold *h);

/** hold_leave() - it stays frozen from now on */
void hold_leave(struct hold *h);

#endif
