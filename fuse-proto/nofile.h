/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors of a front end. */
#ifndef CRFS_NOFILE_H
#define CRFS_NOFILE_H

/**
 * nofile_raise() - let this process have as many descriptors as it may
 *
 * A staged payload keeps a descriptor, and so does every file of a container that is put back; there may be
 * tens of thousands of them. Who may, goes beyond the hard limit.
 */
void nofile_raise(void);

/**
 * nofile_std() - have 0, 1 and 2
 *
 * Whoever starts us without standard descriptors would give their numbers to files of ours.
 *
 * Return: 0 or a negative errno
 */
int nofile_std(void);

#endif
