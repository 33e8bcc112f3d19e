/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket options, for the rooms of sockets. */
#ifndef CRFS_SOCKOPT_H
#define CRFS_SOCKOPT_H

#include "image.h"
#include "resource.h"

/** sock_int() - an int-valued option; -1 if there is no such */
int sock_int(int fd, int level, int option);

/** sockopts_read() - the section of options in which @fd differs from a fresh socket of its kind */
int sockopts_read(struct snap *s, const struct file *f, struct text *out);

/** sockopts_read_without() - the same, but for those named in @skip (ends with NULL; may be NULL) */
int sockopts_read_without(struct snap *s, const struct file *f, struct text *out,
			  const char *const *skip);

/** sockopt_row() - one more row of the section that was just made */
void sockopt_row(struct text *out, const char *name, int64_t value);

/** sockopt_owner_read() - rows that say whose the socket is, behind all others of its section */
void sockopt_owner_read(const struct file *f, struct text *out);

/** sockopt_owner_put() - the socket is theirs; before bind(2) */
int sockopt_owner_put(struct restore *rs, struct iobj *o, int section, int fd);

/** sockopts_check() - ->check: are all of them known, and is the filter there? Names what is not */
void sockopts_check(struct image *im, struct iobj *o, int section);

/** sockopts_check_beside() - the same; there may be the rows named in @more, too (ends with NULL) */
void sockopts_check_beside(struct image *im, struct iobj *o, int section, const char *const *more);

/** sockopt_value() - what the tree has for @name, or @usual if it is not there */
int64_t sockopt_value(const struct iobj *o, int section, const char *name, int64_t usual);

/** sockopt_net() - the network namespace that it names among its options (sock_net.h), or @usual */
unsigned int sockopt_net(const struct iobj *o, unsigned int usual);

/** sockopts_put() - set them, before bind(2) */
int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd);

/**
 * sockopts_put_first(), sockopts_put_late() - its two steps: all that need no connection; those that
 * do, and the filter, which who fills a queue must leave for later
 */
int sockopts_put_first(struct restore *rs, struct iobj *o, int section, int fd);
int sockopts_put_late(struct restore *rs, struct iobj *o, int section, int fd);

/** sockopts_put_filter() - the filter alone */
int sockopts_put_filter(struct restore *rs, struct iobj *o, int section, int fd);

#endif
