/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudoterminals, for the rooms of their sides and for those who have one as controlling terminal.
 */
#ifndef CRFS_INODE_PTY_H
#define CRFS_INODE_PTY_H

#include <crfs/res/fd/pty.h>

#include "fdroom.h"

/** pty_inode() - the inode of the pty behind @f, which is a master, a slave, or /dev/tty */
struct inode *pty_inode(struct snap *s, struct file *f, bool master);

/** pty_check_tasks() - name the controlling terminals that are not in the container */
void pty_check_tasks(struct snap *s);

/** pty_hung_up() - does the terminal @fd answer nothing, since its master was closed? */
bool pty_hung_up(int fd);

/**
 * pty_numbered() - open a master (pty_number.c)
 * @index: the number it shall have; @any: another one will do if that is taken
 * Return: its descriptor, unlocked, or a negative errno: -EBUSY if the number is taken
 */
int pty_numbered(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *ptmx, unsigned int index,
		 bool any);

/** pty_spares_close() - nobody will ask for a number soon: let go of those that were opened on the way */
void pty_spares_close(struct restore *rs);

/** pty_make() - ->make of res_inode_pty; n->fd is the master's only description (pty_make.c) */
int pty_make(struct restore *rs, struct iobj *n);

/** pty_slave() - the description @o of the slave. Return: a descriptor or a negative errno */
int pty_slave(struct restore *rs, struct iobj *o, const struct crfs_fd_pty *f);

/** pty_settle() - when all of its files are open: what would have kept them from being opened */
int pty_settle(struct restore *rs, const struct iobj *o, uint32_t id);

/** pty_lead() - on the tape of a session leader, before it has children: its controlling terminal
 */
void pty_lead(struct restore *rs, struct rtask *rt, struct tape *tape);

/**
 * pty_foreground() - on the tape of a task of a session that has a terminal: its foreground group
 * @low: the task's lowest free descriptor
 */
void pty_foreground(struct restore *rs, struct rtask *rt, unsigned int low, struct tape *tape);

#endif
