/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What stays outside, declared with -o external=NAME=THING: the notation, and which of the container's files is meant. */
#ifndef CRFS_EXTERNAL_H
#define CRFS_EXTERNAL_H

#include <crfs/res/fd/external.h>
#include <crfs/res/ns/mnt.h>
#include <crfs/shape.h>

#ifndef __KERNEL__
#include <stdbool.h>
#include <stddef.h>
#endif

/**
 * struct crfs_external - one of them
 * @name: as the tree has it
 * @thing: where it is now: an absolute path, /proc/<pid>/fd/<n>, pipe:[<inode>], socket:[<inode>], or
 *	link:<interface>, also with @<bridge> behind it
 * @next: the one declared before
 */
struct crfs_external {
	char *name, *thing;
	const struct crfs_external *next;
};

/**
 * struct crfs_thing - what tells files apart
 * @ino: 0: there is none
 * @major: of @rdev
 */
struct crfs_thing {
	__u64 dev, ino, rdev;
	unsigned int mode, major;
};

/* Why a file that was declared is refused: "<link>, declared external, <why>". */
#define CRFS_EXTERNAL_LISTENS "listens, and so belongs to the container: do not declare it"
#define CRFS_EXTERNAL_NO_SOCKET "is neither a unix nor a TCP socket: only these can be: do not declare it"
#define CRFS_EXTERNAL_NO_PEER "is not connected, or one side has closed it: do not declare it"
#define CRFS_EXTERNAL_NAMED "has a name of its own, which nobody could give it again: let the program do without"

/**
 * crfs_external_add() - take "NAME=THING"
 * @arg: cut up and kept, if it is right
 * @e: it becomes this, which goes before @list
 * @list: those declared before
 *
 * Return: NULL, or what is wrong with it
 */
const char *crfs_external_add(char *arg, struct crfs_external *e, const struct crfs_external *list);

/**
 * crfs_external_link() - does @thing say link:IFNAME or link:IFNAME@BRIDGE?
 * Return: how long IFNAME is, which @ifname then points to (may be NULL), or 0
 */
size_t crfs_external_link(const char *thing, const char **ifname);

/** crfs_external_is() - is the file @f, which /proc shows as @link, @thing, where @at is found? By its link, inode or number */
bool crfs_external_is(const char *thing, const struct crfs_thing *at, const char *link, const struct crfs_thing *f);

/**
 * crfs_external_peer() - is @thing, where @at is found, the peer of the socket @f?
 * @ino: that peer, 0: it is not known
 * @path: the path that it is bound to, or NULL
 */
bool crfs_external_peer(const char *thing, const struct crfs_thing *at, const struct crfs_thing *f, __u64 ino,
			const char *path);

/** crfs_external_kind() - of a file that is no socket; @tty: it says that it is a terminal */
__u8 crfs_external_kind(const struct crfs_thing *f, bool tty);

/** crfs_external_terminal() - is it one, by its number? */
bool crfs_external_terminal(const struct crfs_thing *f);

/** crfs_external_socket_kind() - of a socket of this domain and type */
__u8 crfs_external_socket_kind(int domain, int type);

/** crfs_external_is_socket() - is it one of these kinds? crfs_external_is_tcp() - of TCP? */
static inline bool crfs_external_is_socket(__u8 kind)
{
	return kind >= CRFS_EXT_UNIX_STREAM && kind <= CRFS_EXT_TCP6;
}

static inline bool crfs_external_is_tcp(__u8 kind)
{
	return kind == CRFS_EXT_TCP || kind == CRFS_EXT_TCP6;
}

/* Options that a connection which takes the place of one has by itself; ends with NULL */
extern const char *const crfs_external_of_connection[];

/** crfs_external_dir() - which of @list is, or is nearest above, the directory @path? NULL: none */
const struct crfs_external *crfs_external_dir(const struct crfs_external *list, const struct crfs_str *path);

/** crfs_external_mount() - of a mount that is bound from there, the tree has the name alone: something else may take its place */
void crfs_external_mount(struct crfs_mount *c);

#endif
