/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of unix sockets, and pids that the kernel remembers: for the rooms of unix sockets. */
#ifndef CRFS_UNIX_NAME_H
#define CRFS_UNIX_NAME_H

#include <linux/types.h>

#include <crfs/shape.h>

#include "internal.h"

struct sock;

/** struct uname - a name, and the file that bind(2) has made */
struct uname {
	struct crfs_str name, path;
	u32 mnt_ns;
	u8 unlinked;
	u32 mode, uid, gid;
};

/** struct uwho - somebody: @v in the tree, 0: not in it; @nr as the mounter has it, 0: nobody it could see */
struct uwho {
	pid_t v, nr;
	bool alive;
};

/** struct umaker - SO_PEERCRED and SO_PEERGROUPS; @uid, @gid: -1: it has none */
struct umaker {
	u32 pid;
	s64 uid, gid;
	struct crfs_str groups;
};

/* unix_addr() - the name of @sk, in the pool. Return: 0 or -ENOMEM */
int unix_addr(struct snap *s, const struct sock *sk, struct crfs_str *name);

/* uname_read() - the name of @f, and with @file what is known of its file. Return: 0 or a negative errno */
int uname_read(struct snap *s, struct cfile *f, bool file, struct uname *n);

void unix_whois(struct snap *s, struct pid *pid, struct uwho *w);

/*
 * unix_who() - its number in the tree; 0: nobody that the container could see. @any: it may be a living process
 * outside. What is not known of @what is named.
 */
pid_t unix_who(struct snap *s, const char *obj, const char *what, const struct uwho *w, bool any);

/* umaker_read() - of @sk, which @obj has; groups stand in @list */
struct umaker umaker_read(struct snap *s, struct sock *sk, const char *obj, struct text *list);

#endif
