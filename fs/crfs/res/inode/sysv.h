/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of System V objects share.
 *
 * The structures are private to ipc/. As much of them as is looked at stands here, and is the same from 6.1 to
 * 6.12 but for what is marked. An object goes only with ipc_ids.rwsem held for writing: whoever holds it for
 * reading may look at all that are there.
 */
#ifndef CRFS_SYSV_H
#define CRFS_SYSV_H

#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/msg.h>
#include <linux/pid.h>
#include <linux/spinlock.h>

#include <crfs/res/inode/sysv.h>

enum sysv_kind { SYSV_SEM, SYSV_MSG, SYSV_SHM };	/* of ipc_namespace.ids: ipc/util.h */

/* ipc/sem.c */
struct sem {
	int semval;
	struct pid *sempid;
	spinlock_t lock;
	struct list_head pending_alter, pending_const;
	time64_t sem_otime;
} ____cacheline_aligned_in_smp;

struct sem_array {
	struct kern_ipc_perm sem_perm;
	time64_t sem_ctime;
	struct list_head pending_alter, pending_const, list_id;
	int sem_nsems, complex_count;
	unsigned int use_global_lock;
	struct sem sems[];
} __randomize_layout;

/* @list_id: of sem_array.list_id, under the lock of that */
struct sem_undo {
	struct list_head list_proc;
	struct rcu_head rcu;
	struct sem_undo_list *ulp;
	struct list_head list_id;
	int semid;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	short semadj[];
#else
	short *semadj;
#endif
};

/* ipc/msg.c */
struct msg_queue {
	struct kern_ipc_perm q_perm;
	time64_t q_stime, q_rtime, q_ctime;
	unsigned long q_cbytes, q_qnum, q_qbytes;
	struct pid *q_lspid, *q_lrpid;
	struct list_head q_messages;
} __randomize_layout;

/* ipc/shm.c, the beginning; @shm_file: gone when the segment is */
struct shmid_kernel {
	struct kern_ipc_perm shm_perm;
	struct file *shm_file;
	unsigned long shm_nattch, shm_segsz;
	time64_t shm_atim, shm_dtim, shm_ctim;
	struct pid *shm_cprid;
} __randomize_layout;

static inline struct sem_array *sysv_sem(struct kern_ipc_perm *p)
{
	return container_of(p, struct sem_array, sem_perm);
}

static inline struct msg_queue *sysv_msg(struct kern_ipc_perm *p)
{
	return container_of(p, struct msg_queue, q_perm);
}

static inline struct shmid_kernel *sysv_shm(struct kern_ipc_perm *p)
{
	return container_of(p, struct shmid_kernel, shm_perm);
}

/* sysv_task() - the first that lives */
struct ctask *sysv_task(const struct snap *s);

/* sysv_in() - ns/ipc-<@id>, 0: the mounter's, to be given back with ipc_drop(); NULL: nobody is in it any more */
struct ipc_namespace *sysv_in(const struct snap *s, u32 id);

/* sysv_inode() - inodes/<id> of object @id in ns/ipc-<@ns>, noted when it is first met; a segment's @file is taken over */
struct cinode *sysv_inode(struct snap *s, u32 ns, enum sysv_kind kind, int id, struct file *file);

/* sysv_id() - its number, as shmget(2) and its like give it; sysv_ns() - ns/ipc-<id> it is in */
static inline int sysv_id(const struct cinode *n)
{
	return (int)(uintptr_t)n->priv;
}

static inline u32 sysv_ns(const struct cinode *n)
{
	return (uintptr_t)n->priv >> 32;
}

/* sysv_user() - the task with this pid as the tree has it, if it is where @n is; 0: nobody who is there */
pid_t sysv_user(const struct snap *s, const struct cinode *n, struct pid *pid);

/*
 * sem_user() - who used a semaphore last, with a reference; msg_user(): a queue. Else it may be freed at once: who uses it
 * puts itself there under the lock of the semaphore, or of its set (sem_lock(), ipc/sem.c); or of the queue.
 */
static inline struct pid *sem_user(struct sem_array *a, int i)
{
	struct pid *pid;

	spin_lock(&a->sem_perm.lock);
	spin_lock(&a->sems[i].lock);
	pid = get_pid(a->sems[i].sempid);
	spin_unlock(&a->sems[i].lock);
	spin_unlock(&a->sem_perm.lock);
	return pid;
}

static inline struct pid *msg_user(struct msg_queue *q, struct pid *const *which)
{
	struct pid *pid;

	spin_lock(&q->q_perm.lock);
	pid = get_pid(*which);
	spin_unlock(&q->q_perm.lock);
	return pid;
}

/* sysv_find() - object @id of @ns, or NULL; under rwsem of its kind */
struct kern_ipc_perm *sysv_find(struct ipc_namespace *ns, enum sysv_kind kind, int id);

/* sysv_perm() - what all have; @p: NULL if it is in another namespace */
void sysv_perm(struct snap *s, const struct cinode *n, const struct kern_ipc_perm *p, struct crfs_sysv *c);

/* msg_copy() - the text of a message of either kind of queue */
void msg_copy(const struct msg_msg *m, char *to);

/* semundo_has() - the first process that has an entry for semaphore @num of set @id in ns/ipc-<@ns>; 0: none */
u32 semundo_has(const struct snap *s, u32 ns, int id, unsigned int num);

/* ipc_list() - note the objects that are the container's; when all mappings are known */
int ipc_list(struct snap *s);

#endif
