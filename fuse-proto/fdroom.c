// SPDX-License-Identifier: GPL-2.0-or-later
/* What the rooms of descriptors share: fdinfo, and the end of every ->make. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fdroom.h"
#include "resource.h"
#include "rooms.h"
#include "sock_view.h"
#include "sockopt.h"

#define SECRETMEM 0x5345434d	/* SECRETMEM_MAGIC, Linux 5.14 */
#define LISTENS 10		/* TCP_LISTEN, what SO_ACCEPTCONN is about in every family */

const char *file_obj(struct snap *s, const struct file *f)
{
	return snap_obj(s, "files", f->id);
}

static void ask_kind(struct file *f, int fd, int domain)
{
	f->sock.domain = domain;
	f->sock.type = sock_int(fd, SOL_SOCKET, SO_TYPE);
	f->sock.protocol = sock_int(fd, SOL_SOCKET, SO_PROTOCOL);
	f->sock.listens = sock_int(fd, SOL_SOCKET, SO_ACCEPTCONN);
}

/* Where there are many, the kernel's memory is looked at anyway. */
static bool kind_in_view(struct snap *s, struct file *f)
{
	const struct sock_view *v = sock_view(s, f);
	uint16_t family, type, protocol;
	uint8_t state;

	if (!v || !sock_view_get(v, K_SKC_FAMILY, 0, &family, 2) || !sock_view_get(v, K_SK_TYPE, 0, &type, 2) ||
	    !sock_view_get(v, K_SK_PROTOCOL, 0, &protocol, 2) || !sock_view_get(v, K_SKC_STATE, 0, &state, 1))
		return false;
	f->sock.domain = family;
	f->sock.type = type;
	f->sock.protocol = protocol;
	f->sock.listens = state == LISTENS;
	return true;
}

void file_sock(struct snap *s, struct file *f)
{
	if (S_ISSOCK(f->st.st_mode) && !(f->flags & O_PATH) && !f->sock.domain && !kind_in_view(s, f))
		ask_kind(f, f->dup, sock_int(f->dup, SOL_SOCKET, SO_DOMAIN));
}

bool file_sock_unix(struct file *f, int fd)
{
	int domain = f->sock.domain ?: sock_int(fd, SOL_SOCKET, SO_DOMAIN);

	if (domain == AF_UNIX && !f->sock.domain)
		ask_kind(f, fd, domain);
	return domain == AF_UNIX;
}

void file_refuse_flight(struct snap *s, const struct file *f, const char *what)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s, %s, is only in flight, in a message of a unix socket: "
			 "let the program receive it", f->link, what);
}

const char *info_line(const char *p, const char *key)
{
	size_t n = strlen(key);

	while (p && *p) {
		if (!strncmp(p, key, n) && p[n] == ':') {
			p += n + 1;
			return p + strspn(p, " \t");
		}
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return NULL;
}

bool file_info_num(const struct file *f, const char *key, int base, uint64_t *v)
{
	const char *p = info_line(f->info, key);
	char *end;
	uint64_t n;

	if (!p)
		return false;
	n = strtoull(p, &end, base);
	if (end == p)
		return false;
	*v = n;
	return true;
}

/* O_ASYNC is for the task to set: signals tell the number by which that was done (fds_put()). */
#define SETTABLE (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

static int put_flags(struct restore *rs, struct iobj *o, int fd)
{
	const struct crfs_file *c = file_common(o);
	unsigned int same = o->room == &res_fd_external ? ~(unsigned int)FILE_LARGE : ~0U;
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && ((flags ^ c->flags) & SETTABLE) && !(c->flags & O_PATH)) {
		fcntl(fd, F_SETFL, c->flags & SETTABLE);
		flags = fcntl(fd, F_GETFL);
	}
	if (flags < 0)
		return fail_on(rs->err, -errno, o->path, "F_GETFL");
	if ((flags & O_TMPFILE) == O_TMPFILE)	/* which no tree has */
		flags &= ~O_TMPFILE;
	if (((unsigned int)flags & same) != (c->flags & ~O_ASYNC))
		return fail_on(rs->err, -EINVAL, o->path,
			       "flags: it can be opened with 0%o, not with 0%o", flags, c->flags);
	return 0;
}

static int put_owner(struct restore *rs, struct iobj *o, int fd)
{
	const struct crfs_file *c = file_common(o);
	struct f_owner_ex own = { .pid = 0 };
	const struct rtask *rt;

	if (c->signal && fcntl(fd, F_SETSIG, c->signal) < 0)
		return fail_on(rs->err, -errno, o->path, "F_SETSIG %u", c->signal);
	if (c->owner_type == CRFS_OWNER_NONE)
		return 0;
	rt = restore_task(rs, c->owner);
	if (!rt)
		return fail_on(rs->err, -ESRCH, o->path, "owner %u: no such task", c->owner);
	own.pid = rt->pid;
	own.type = c->owner_type == CRFS_OWNER_TID ? F_OWNER_TID :
		   c->owner_type == CRFS_OWNER_PID ? F_OWNER_PID : F_OWNER_PGRP;
	if (fcntl(fd, F_SETOWN_EX, &own) < 0)
		return fail_on(rs->err, -errno, o->path, "F_SETOWN_EX to %u", c->owner);
	return 0;
}

/* What takes the place of a file that stays outside may be a pipe, which has none. */
static bool put_pos(const struct iobj *o, int fd)
{
	off_t pos = file_common(o)->pos;

	return !pos || lseek(fd, pos, SEEK_SET) == pos || (errno == ESPIPE && o->room == &res_fd_external);
}

int file_made(struct restore *rs, struct iobj *o, int fd)
{
	int rc;

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "making it (%s)", o->room->name);
	o->fd = fd;
	if (!put_pos(o, fd))
		return fail_on(rs->err, -errno, o->path, "seeking to %llu",
			       (unsigned long long)file_common(o)->pos);
	rc = put_owner(rs, o, fd);
	return rc ? rc : put_flags(rs, o, fd);
}

bool file_secret(const struct file *f)
{
	struct statfs fs;

	return !strncmp(f->link, "/secretmem", strlen("/secretmem")) && fstatfs(f->dup, &fs) == 0 &&
	       fs.f_type == SECRETMEM;
}

int file_reopen(struct restore *rs, struct iobj *o, int fd)
{
	char path[32];
	int n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = openat(rs->proc, path + strlen("/proc/"),
		   (file_common(o)->flags & ~(FILE_MAKING | O_NOFOLLOW)) | O_CLOEXEC | O_NOCTTY);
	return n < 0 ? fail_on(rs->err, -errno, o->path, "opening it anew") : n;
}

int inode_fd(struct restore *rs, struct iobj *o, uint32_t id)
{
	const struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);

	if (!n || n->fd < 0)
		return fail_on(rs->err, -EBADF, o->path, "inodes/%u was not made", id);
	return n->fd;
}

void inode_check(struct image *im, struct iobj *o, uint32_t id, const struct resource *room)
{
	const struct iobj *n = image_obj(im, IOBJ_INODE, id);

	if (!n || n->room != room)
		image_mismatch(im, -EINVAL, o->path, "inodes/%u is not there as a %s", id,
			       room->name);
}
