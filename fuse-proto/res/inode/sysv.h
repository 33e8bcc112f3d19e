/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rooms of System V segments, semaphores and queues share: their namespace, names and rights. */
#ifndef CRFS_RES_INODE_SYSV_CODE_H
#define CRFS_RES_INODE_SYSV_CODE_H

#include <sys/ipc.h>

#include <crfs/res/inode/sysv.h>

#include "res/ns/visit.h"
#include "resource.h"

enum sysv_kind { SYSV_SHM, SYSV_SEM, SYSV_MSG };

/** sysv_inode() - inodes/<id> of an object in ns/ipc-<@ns>, noted when it is first met; takes over @dup, or -1 */
struct inode *sysv_inode(struct snap *s, unsigned int ns, enum sysv_kind kind, int id, int dup);

/** sysv_id() - its own number; sysv_ns() - ns/ipc-<id> it is in; sysv_task() - the container's first task */
static inline int sysv_id(const struct inode *n)
{
	return (int)(uint32_t)n->ino;
}
static inline unsigned int sysv_ns(const struct inode *n)
{
	return n->dev;
}
struct task *sysv_task(struct snap *s);

/** sysv_user() - the task with this pid as the tree has it, if it is where @n is; 0: nobody who is there */
pid_t sysv_user(struct snap *s, const struct inode *n, pid_t pid);

/** sysv_name() - "inodes/7" */
static inline const char *sysv_name(struct snap *s, const struct inode *n)
{
	return snap_obj(s, "inodes", n->id);
}

/** sysv_begin() - go into ns/ipc-<@ns>, 0: the mounter's; visit_end() comes back */
int sysv_begin(struct snap *s, unsigned int ns, struct visit *v);

/** sysv_perm() - the part that all have */
void sysv_perm(const struct inode *n, const struct ipc_perm *p, struct crfs_sysv *c);

/**
 * struct sysv - an object to be made (iobj->priv)
 * @there: it exists, outside of a namespace of the container's own: what the container left there
 * @held: where we have a segment attached that is removed, so that it lives until the tasks have it
 */
struct sysv {
	bool there;
	void *held;
};

/** sysv_here() - is its namespace there (@in: ns/ipc-<id>)? Return: @priv; NULL: named */
struct sysv *sysv_here(struct image *im, struct iobj *o, unsigned int in);

/** sysv_check() - what all have. Return: the object's @priv; NULL: something was named */
struct sysv *sysv_check(struct image *im, struct iobj *o, const struct crfs_sysv *p,
			enum sysv_kind kind);

/** sysv_stranger() - the number is taken by something else */
void sysv_stranger(struct image *im, const struct iobj *o, const struct crfs_sysv *p);

/**
 * sysv_make() - make the object with its number, key, creator and mode, unless it is there
 * @get: shmget(2) or its like with @arg
 */
int sysv_make(struct restore *rs, struct iobj *o, const struct crfs_sysv *p, enum sysv_kind kind,
	      int (*get)(const void *arg, int key, int flags), const void *arg);

/** sysv_data() - the payload of @o that is called so, or NULL */
struct node *sysv_data(const struct iobj *o, const char *name);

/** sysv_undo() - was it made by a restore that failed, and should it go? */
static inline bool sysv_undo(const struct iobj *o, const struct crfs_sysv *p)
{
	return o->priv && p && !p->ipc_ns && !((struct sysv *)o->priv)->there;
}

#endif
