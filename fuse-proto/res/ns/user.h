/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User namespaces: who owns what, ids in them, and things that only somebody in one can make. */
#ifndef CRFS_NS_USER_H
#define CRFS_NS_USER_H

#include "image.h"

/** user_owner() - number of the user namespace that owns ns/<type>-<id>; 0: the mounter's */
unsigned int user_owner(const struct image *im, unsigned int id);

/**
 * user_birth() - the user namespace that all tasks are born in
 * It owns the outermost pid namespace: nobody else may give pids there. 0: the mounter's, and tasks
 * enter theirs when they have all else.
 */
unsigned int user_birth(const struct image *im);

/**
 * user_inside() - an id of the mounter's as user namespace @id has it
 * Return: false if it has none there
 */
bool user_inside(const struct image *im, unsigned int id, bool group, unsigned int outside, unsigned int *inside);

/** user_id_there() - the same for a call's argument; @id 0: the mounter's. Return: -2, which no call takes, if it has none there */
unsigned int user_id_there(const struct image *im, unsigned int id, bool group, unsigned int outside);

/** user_root() - the mounter's number of id 0 in @id, or of the lowest that it has */
unsigned int user_root(const struct image *im, unsigned int id, bool group);

/** user_enter() - go into it; there is no way back. Return: 0 or a negative errno */
int user_enter(const struct restore *rs, unsigned int id);
/** user_enter_as_root() - and be its root: what is made there may have an owner */
int user_enter_as_root(const struct restore *rs, unsigned int id);

/**
 * user_unshare() - as unshare(2): a new namespace for the calling thread, owned as @o is
 * @kind: as in /proc/<pid>/ns; @flag: CLONE_NEW*
 * Return: 0 or a negative errno
 */
int user_unshare(struct restore *rs, const struct iobj *o, const char *kind, int flag);

/**
 * struct lent - ids for what only those of a user namespace may do, or make in its filesystems
 * user_lend() - take them; user_return() - give them back
 */
struct lent {
	unsigned int uid, gid;
	int securebits;
};
void user_lend(const struct restore *rs, unsigned int id, struct lent *l);
void user_return(const struct lent *l);

/** user_proxy_end() - the process that hands out files has done so */
void user_proxy_end(struct restore *rs);

#endif
