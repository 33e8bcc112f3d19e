// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What stays outside, declared with -o external=NAME=THING, one notation for everything. */
#ifdef __KERNEL__
#include <linux/if.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/stat.h>
#else
#include <linux/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#endif
#include <crfs/external.h>
#include <crfs/str.h>

#include "text.h"

#define NAME_MAX_LEN 64
#define PTS_FIRST 136	/* majors of terminals, Documentation/admin-guide/devices.txt */
#define PTS_LAST 143

/* ---- the notation ---- */

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
	       c == '-';
}

/* "pipe:[123]", with @what "pipe:[" */
static bool numbered(const char *thing, const char *what, __u64 *ino)
{
	size_t n = strlen(what), len = strlen(thing);

	return len > n && !strncmp(thing, what, n) && thing[len - 1] == ']' &&
	       crfs_num(thing + n, len - n - 1, 10, ino);
}

static bool is_numbered(const char *thing)
{
	__u64 ino;

	return numbered(thing, "pipe:[", &ino) || numbered(thing, "socket:[", &ino);
}

size_t crfs_external_link(const char *thing, const char **ifname)
{
	const char *name, *bridge;
	size_t n;

	if (!thing || strncmp(thing, "link:", strlen("link:")))
		return 0;
	name = thing + strlen("link:");
	n = strcspn(name, "@/ :");
	bridge = name[n] == '@' ? name + n + 1 : "-";
	if (!n || n >= IFNAMSIZ || (name[n] && name[n] != '@') || !*bridge || strlen(bridge) >= IFNAMSIZ ||
	    strpbrk(bridge, "/ :"))
		return 0;
	if (ifname)
		*ifname = name;
	return n;
}

static const char *wrong(const char *arg)
{
	const char *eq = strchr(arg, '='), *p;

	if (!eq || eq == arg)
		return "not of the form NAME=THING";
	for (p = arg; p < eq; p++)
		if (!name_char(*p))
			return "the name has other characters than letters, digits, '.', '_' and '-'";
	if (eq - arg > NAME_MAX_LEN)
		return "the name is too long";
	if (eq[1] != '/' && !is_numbered(eq + 1) && !crfs_external_link(eq + 1, NULL))
		return "the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME";
	return NULL;
}

const char *crfs_external_add(char *arg, struct crfs_external *e, const struct crfs_external *list)
{
	const char *why = wrong(arg);
	char *eq;

	if (why)
		return why;
	eq = strchr(arg, '=');
	*eq = '\0';
	*e = (struct crfs_external){ .name = arg, .thing = eq + 1, .next = list };
	for (; list; list = list->next)
		if (!strcmp(list->name, e->name) && strcmp(list->thing, e->thing))
			return "the name has another thing already";
	return NULL;
}

/* ---- which file it is ---- */

bool crfs_external_terminal(const struct crfs_thing *f)
{
	return S_ISCHR(f->mode) && f->major >= PTS_FIRST && f->major <= PTS_LAST;
}

bool crfs_external_is(const char *thing, const struct crfs_thing *at, const char *link, const struct crfs_thing *f)
{
	if (!strcmp(link, thing) && is_numbered(thing))
		return true;
	if (!at->ino)
		return false;
	if (at->dev == f->dev && at->ino == f->ino)
		return true;
	return (S_ISCHR(at->mode) || S_ISBLK(at->mode)) && (at->mode & S_IFMT) == (f->mode & S_IFMT) &&
	       at->rdev == f->rdev && !crfs_external_terminal(at);
}

bool crfs_external_peer(const char *thing, const struct crfs_thing *at, const struct crfs_thing *f, __u64 ino,
			const char *path)
{
	/* Of all sockets @dev is the same; one of a file that bind(2) has made has another. */
	__u64 its = at->ino && S_ISSOCK(at->mode) && at->dev == f->dev ? at->ino : 0;

	numbered(thing, "socket:[", &its);
	return (ino && ino == its) || (path && !strcmp(path, thing));
}

__u8 crfs_external_kind(const struct crfs_thing *f, bool tty)
{
	if (S_ISBLK(f->mode))
		return CRFS_EXT_BLOCK;
	if (S_ISCHR(f->mode))
		return tty || crfs_external_terminal(f) ? CRFS_EXT_TERMINAL : CRFS_EXT_DEVICE;
	return S_ISFIFO(f->mode) ? CRFS_EXT_PIPE : S_ISDIR(f->mode) ? CRFS_EXT_DIR : CRFS_EXT_FILE;
}

__u8 crfs_external_socket_kind(int domain, int type)
{
	if (domain == AF_INET || domain == AF_INET6)
		return domain == AF_INET ? CRFS_EXT_TCP : CRFS_EXT_TCP6;
	return type == SOCK_STREAM ? CRFS_EXT_UNIX_STREAM :
	       type == SOCK_DGRAM ? CRFS_EXT_UNIX_DGRAM : CRFS_EXT_UNIX_SEQPACKET;
}

const char *const crfs_external_of_connection[] = { "tcp_maxseg", "tcp_window_clamp", "ipv6_v6only", NULL };

/* ---- mounts ---- */

const struct crfs_external *crfs_external_dir(const struct crfs_external *list, const struct crfs_str *path)
{
	const struct crfs_external *best = NULL;
	size_t n, most = 0;

	for (; list; list = list->next) {
		n = strlen(list->thing);
		if (path->len >= n && !memcmp(path->p, list->thing, n) &&
		    (path->len == n || path->p[n] == '/') && n > most) {
			best = list;
			most = n;
		}
	}
	return best;
}

void crfs_external_mount(struct crfs_mount *c)
{
	static const struct crfs_str nothing = { "", 0 }, external = { "external", 8 };

	c->fstype = external;
	c->source = c->root = c->super = nothing;
}
