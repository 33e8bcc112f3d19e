/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at the messages of a POSIX queue, which no call shows without taking them. */
#ifndef CRFS_RES_INODE_MQUEUE_PEEK_H
#define CRFS_RES_INODE_MQUEUE_PEEK_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct peek - what is in a queue, in the order in which it will be received
 * @message: malloc'ed, @nr of them; @data: their texts, joined; malloc'ed, @len bytes
 */
struct peek {
	struct peeked {
		uint32_t priority, len;
	} *message;
	size_t nr, len;
	char *data;
};

/**
 * peek() - copy all that is in queue @fd, open for both, O_NONBLOCK
 * @bytes: how much that is
 * Nobody may use it meanwhile, and nobody be registered to be told. Return: 0 or a negative errno
 */
int peek(int fd, unsigned long bytes, struct peek *p);

#endif
