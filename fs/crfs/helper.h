/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the helper (helper.c). */
#ifndef CRFS_HELPER_H
#define CRFS_HELPER_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mutex.h>

#include "internal.h"

extern char crfs_helper[256];

/** struct channel - what the helper writes to one of its descriptors */
struct channel {
	struct run *run;
	struct text text;
};

/**
 * struct run - one run of the helper
 * @ref: of who waits, and of the channels' descriptions
 * @mnt: a mount that nobody else has: what the user's mount hides or loses does not matter; or NULL
 * @cred: whose rights it has
 * @lock: of @pid, @ended and the channels
 * @pid: who it is, once it is there
 * @ended: it is not to begin any more
 * @out: what it sees, where there is no @mnt, and from where it reads @in; @report: what it has to say
 * @nets: @nr_nets network namespaces that it has descriptors of, from 5 on; @dir: one that it has behind these, or NULL;
 *	the caller has references
 * @gone: completed when it is not there any more, or never was
 */
struct run {
	struct kref ref;
	struct vfsmount *mnt;
	const struct cred *cred;
	struct mutex lock;
	struct pid *pid;
	bool ended;
	struct channel out, report;
	struct text in;
	struct net **nets;
	size_t nr_nets;
	struct file *dir;
	struct completion gone;
};

struct run *run_new(const struct cred *cred);
void run_put(struct run *r);
int run_program(struct run *r, char **argv);

#endif
