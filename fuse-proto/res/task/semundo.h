/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Undo entries of semaphores, for the room of the sets. */
#ifndef CRFS_RES_TASK_SEMUNDO_CODE_H
#define CRFS_RES_TASK_SEMUNDO_CODE_H

#include "snap.h"

/** semundo_has() - the first process that has an entry for semaphore @num of set @id; 0: none */
pid_t semundo_has(struct snap *s, unsigned int ns, int id, unsigned int num);

/**
 * semundo_ops() - calls of one semop(2) that add @by to the entry of a semaphore of value @value,
 *	which stays the same: 8 at most
 * Return: how many
 */
struct sembuf;
unsigned int semundo_ops(struct sembuf *op, unsigned int num, unsigned int value, int by);

#endif
