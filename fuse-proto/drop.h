/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privileges that the daemon does not need. */
#ifndef CRFS_DROP_H
#define CRFS_DROP_H

/**
 * drop_capabilities() - take what no room needs out of the effective set, before threads start
 *
 * The permitted and bounding sets stay: a restored task may have had any capability, and can be
 * given none that its maker does not have.
 *
 * Return: 0 or a negative errno
 */
int drop_capabilities(void);

#endif
