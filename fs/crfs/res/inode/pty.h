/* SPDX-License-Identifier: GPL-2.0-only */
/* Pseudoterminals, for the rooms of their sides and for those who have one as controlling terminal. */
#ifndef CRFS_INODE_PTY_H
#define CRFS_INODE_PTY_H

struct tty_struct;

/* pty_of() - the tty of @f, a terminal that is not hung up; NULL: it is no pty */
struct tty_struct *pty_of(const struct cfile *f);

/* pty_inode() - the inode of the pty behind @f, which is a master, a slave, or /dev/tty */
struct cinode *pty_inode(struct snap *s, struct cfile *f, bool master);

#endif
