/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crtar restore --lazy: who brings the pages when crtar has ended. */
#ifndef CRTAR_LAZY_H
#define CRTAR_LAZY_H

#include "feeder.h"
#include "serve.h"

/**
 * struct lazy - the processes that stay: one brings pages, another keeps watch over it
 * @serve: the engine's
 * @cg: the container, which does not outlive them
 * @src: where the pages are
 * @log: where they say what is wrong, NULL: syslog(3); @logfd: that file, opened
 * @task, @nr: pidfds of those that lack pages: they may not be in the cgroup yet
 * @other: a socket to the one who keeps watch, or to whom it watches
 */
struct lazy {
	struct serve serve;
	struct cgroup *cg;
	struct source *src;
	const char *log;
	int logfd;
	int *task;
	size_t nr;
	int other;
};

/** lazy_can() - could they do what they must? Opens the log. Return: 0 or a negative errno */
int lazy_can(struct lazy *l, struct err *e);

/** lazy_add() - these pages come later. Return: 0 or a negative errno */
int lazy_add(struct lazy *l, const struct fed *f, uint64_t at, struct node *n);

/** lazy_start() - start them. Return: 0 or a negative errno with the reason */
int lazy_start(struct lazy *l, struct err *e);

#endif
