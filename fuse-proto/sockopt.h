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

/** sockopts_check() - ->check: are all of them known? Names what is not */
void sockopts_check(struct image *im, struct iobj *o, int section);

/** sockopts_value() - of option @name in the tree. Return: is it there? */
bool sockopts_value(const struct iobj *o, int section, const char *name, int64_t *v);

/** sockopts_put() - set them, before bind(2) */
int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd);

/** sockopts_put_values(), sockopts_put_filter() - its two steps: who fills a queue filters later */
int sockopts_put_values(struct restore *rs, struct iobj *o, int section, int fd);
int sockopts_put_filter(struct restore *rs, struct iobj *o, int section, int fd);

#endif
