// SPDX-License-Identifier: GPL-2.0-or-later
/* What an inode that travels may have and the tree has no place for: it is lost, with a line each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "attributes.h"

void lost_xattrs(struct snap *s, const struct inode *n, const char *what)
{
	char names[1024];
	ssize_t len = flistxattr(n->dup, names, sizeof(names)), i;

	for (i = 0; i < len; i += strlen(names + i) + 1)
		if (strncmp(names + i, "security.", 9))
			snap_lost(s, snap_obj(s, "inodes", n->id), "extended attribute %s of %s", names + i, what);
	if (len < 0 && errno == ERANGE)
		snap_lost(s, snap_obj(s, "inodes", n->id), "extended attributes of %s", what);
}

/* They are the two that forbid something. statx(2) asks no filesystem that does not know them. */
void lost_flags(struct snap *s, const char *obj, int fd, const char *what)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st))
		return;
	if (st.stx_attributes & STATX_ATTR_IMMUTABLE)
		snap_lost(s, obj, "that %s is immutable (chattr +i)", what);
	if (st.stx_attributes & STATX_ATTR_APPEND)
		snap_lost(s, obj, "that %s is only appended to (chattr +a)", what);
}
