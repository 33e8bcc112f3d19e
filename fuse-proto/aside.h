/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must not change the process that wants it. */
#ifndef CRFS_ASIDE_H
#define CRFS_ASIDE_H

/**
 * aside() - @fn(@arg), as a child
 *
 * It has a session, a umask, a root and a directory of its own to change, and takes no signal; memory and
 * descriptors are the caller's, whose thread waits. So its cost does not depend on how many there are,
 * as that of fork(2) does: what comes aside once an object shall not make the whole quadratic.
 *
 * Return: what @fn does, or a negative errno: -ENOMEM, or clone(2)'s
 */
int aside(int (*fn)(void *), void *arg);

#endif
