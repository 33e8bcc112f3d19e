/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of IP and extension headers as inodes, for the options of sockets. */
#ifndef CRFS_INODE_PACKET_HEADER_ROOM_H
#define CRFS_INODE_PACKET_HEADER_ROOM_H

#include "image.h"
#include "snap.h"

/** packet_headers_read() - rows that name those of @f, of family @domain, behind its options. Return: 0 or -errno */
int packet_headers_read(struct snap *s, const struct file *f, int domain, struct text *out);

/** packet_header_named() - is it the name of such an option? */
bool packet_header_named(const struct crfs_str *option);

/** packet_header_check() - ->check of a socket: does its option @option have inodes/<@id>? */
void packet_header_check(struct image *im, struct iobj *o, const struct crfs_str *option, int64_t id);

/** packet_header_put() - set inodes/<@id> on @fd. Return: 0 or a negative errno */
int packet_header_put(struct restore *rs, struct iobj *o, int64_t id, int fd);

#endif
