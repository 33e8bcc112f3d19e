/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks, for the rooms of what can be locked. */
#ifndef CRFS_FD_LOCKS_H
#define CRFS_FD_LOCKS_H

#include "resource.h"

/** struct posix_lock - a POSIX lock of a table, in a list; see crfs_posix_lock */
struct posix_lock;

/** locks_read() - the section of those that belong to the description: flock, OFD, leases */
void locks_read(struct snap *s, const struct file *f, struct text *out);

/** locks_leased - has it a lease, or had it one that somebody waits for? */
bool locks_leased(const struct file *f);

/** locks_refuse() - name those of a file whose room has no such section */
void locks_refuse(struct snap *s, const struct file *f);

/** locks_put() - take flock and OFD locks again, in ->make, on the controller's descriptor of it */
int locks_put(struct restore *rs, struct iobj *o, int section, int fd);

/** locks_put_lease() - take the lease again, in ->put: its signals tell the task's descriptor */
int locks_put_lease(struct rtask *rt, struct iobj *o, int section, struct tape *tape);

/**
 * locks_collect() - add the POSIX locks of the table that @info, its fdinfo, shows for @fd
 * Descriptors of one description show the same locks; each is kept once.
 */
void locks_collect(struct snap *s, const struct file *f, int fd, const char *info,
		   struct posix_lock **list);

/** locks_read_posix() - the section of what was collected, by descriptor and start */
void locks_read_posix(const struct posix_lock *list, struct text *out);

/** locks_put_posix() - have the task take them again */
void locks_put_posix(const struct iobj *o, const struct resource *room, int section,
		     struct tape *tape);

#endif
