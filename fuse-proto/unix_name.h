/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of unix sockets: as they were bound, and the files that stand for them. */
#ifndef CRFS_UNIX_NAME_H
#define CRFS_UNIX_NAME_H

#include <sys/un.h>

#include "fdroom.h"

/**
 * struct uname - a socket's name
 * @name: as it was bound; abstract ones begin with a NUL; empty: it has none
 * @path, @mnt_ns, @unlinked: where its file is now; empty if it has none
 * @mode, @uid, @gid: of that file
 */
struct uname {
	struct crfs_str name, path;
	uint32_t mnt_ns;
	bool unlinked;
	uint32_t mode, uid, gid;
};

/** uname_str() - the name in @a, @len bytes long, as getsockname(2) gives it */
struct crfs_str uname_str(const struct sockaddr_un *a, socklen_t len);

/** uname_addr() - the reverse. Return: the length */
socklen_t uname_addr(const struct crfs_str *name, struct sockaddr_un *a);

/** uname_is_path() - a path, and not abstract or empty */
static inline bool uname_is_path(const struct crfs_str *name)
{
	return name->len && *name->p;
}

/** uname_read() - name of @f, in s->pool; @file: and find the file, too. Return: 0 or a negative errno */
int uname_read(struct snap *s, const struct file *f, bool file, struct uname *n);

/** uname_check() - do the parts go together? */
void uname_check(struct image *im, struct iobj *o, const struct uname *n);

/**
 * uname_bind() - give @fd its name, and the file that belongs to it
 * A file of before is replaced unless somebody listens there.
 * Return: 0 or a negative errno (no reason noted)
 */
int uname_bind(struct restore *rs, const struct uname *n, int fd, int type);

/** uname_bind_in() - bind to @name, but let the file be @last in the directory @dir */
int uname_bind_in(const struct crfs_str *name, int fd, int dir, const char *last);

#endif
