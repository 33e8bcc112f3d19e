/* SPDX-License-Identifier: GPL-2.0-only */
/* For the rooms of sockets. */
#ifndef CRFS_SOCKOPT_H
#define CRFS_SOCKOPT_H

/* sockopts_can() - does this kernel tell a module what options a socket has? */
bool sockopts_can(void);

/* sockopts_read() - a section with the options that are not as in a fresh socket */
int sockopts_read(struct snap *s, struct cfile *f, struct text *out);

#endif
