/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rooms of descriptors share: fdinfo, paths, and the end of every ->make. */
#ifndef CRFS_FDROOM_H
#define CRFS_FDROOM_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include <crfs/res/fd/common.h>

#include "image.h"
#include "snap.h"

/** file_obj() - "files/7" */
const char *file_obj(struct snap *s, const struct file *f);

/** file_sock() - fill in what kind of socket @f is, if it is one; its duplicate is open */
void file_sock(struct snap *s, struct file *f);

/** file_room() - the row of @f, whose duplicate is open and of which file_sock() has told; or NULL */
const struct resource *file_room(struct snap *s, const struct file *f);

/** file_sock_unix() - is the socket @f, of which @fd is a duplicate, one of AF_UNIX? Then it is filled in. */
bool file_sock_unix(struct file *f, int fd);

/** file_refuse_flight() - name it as something that only a task could put back, and none has: @what */
void file_refuse_flight(struct snap *s, const struct file *f, const char *what);

/** info_line() - the value of the first line @key ("lock") of fdinfo at or after @p, or NULL */
const char *info_line(const char *p, const char *key);

/** file_free() - for __attribute__((cleanup)) of a malloc'ed string */
static inline void file_free(char **p)
{
	free(*p);
}

/** file_info_num() - a number of fdinfo; false, and @v as it was, if there is no such line */
bool file_info_num(const struct file *f, const char *key, int base, uint64_t *v);

/**
 * struct place - where a file is
 * @path: from the root of its mount namespace
 * @mnt_ns: ns/mnt-<id>; 0: that of whoever mounts
 * @gone: its name is no more; @path is the one it had
 */
struct place {
	struct crfs_str path;
	uint32_t mnt_ns;
	bool gone;
};

/**
 * file_place() - find out where @f is, and that its path leads to it
 * Names an obstacle if it is nowhere that the container can see.
 * Return: 0, or 1 if an obstacle was named (@p is filled as well as can be), or a negative errno
 */
int file_place(struct snap *s, const struct file *f, struct place *p);

/** place_other_name() - a hard link of the file @st in the directory that the name @path was in, or nearby; or NULL */
char *place_other_name(struct snap *s, int root, const char *path, const struct stat *st);

/** place_names_beside() - how many of its names are in the directory of @path, below @root */
unsigned int place_names_beside(struct snap *s, int root, const char *path, const struct stat *st);

/** place_names() - how many names of @f, which is at @p, are in the same directory */
unsigned int place_names(struct snap *s, const struct file *f, const struct place *p);

/** snap_root() - O_PATH of the root of the mount namespace of @t, to be closed; or a negative errno
 */
int snap_root(struct snap *s, struct task *t);

/**
 * place_keep() - keep the roots that place_open() opens for the next one; or (!@keep) let go of them
 * Only while nobody moves or mounts: many files are opened one after the other, and most from the same root.
 */
void place_keep(struct restore *rs, bool keep);

/**
 * place_open() - open @path inside the root of mount namespace @mnt_ns, never outside of it
 * @flags: for open(2); nothing is created or truncated
 * Return: a descriptor, or a negative errno (no reason noted)
 */
int place_open(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path, uint64_t flags);

/** place_front_root() - O_PATH of the root directory of the front end, to be closed; or a negative errno */
int place_front_root(struct restore *rs);

/**
 * place_check() - the same in ->check, as O_PATH
 * -ENODATA if it cannot be there yet: its namespace, or the task whose directory in /proc it is in,
 * is still to be made
 */
int place_check(struct image *im, uint32_t mnt_ns, const struct crfs_str *path);

/**
 * place_parent() - open the directory that @path is in; if it is gone, the nearest one that is not
 * @name: the last component, a part of @path
 */
int place_parent(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path,
		 struct crfs_str *name);

/**
 * nameless_make() - make a thing at @path, which names it no more (nameless.c)
 * @aside: if something else has the name now, elsewhere under the same path
 * @make: makes it as @name in @dir, opens it and takes the name away. Return: a descriptor or a
 *	negative errno; -EEXIST if the name is taken
 *
 * Return: what @make does, or a negative errno (no reason noted)
 */
int nameless_make(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path, bool aside,
		  int (*make)(int dir, const char *name, void *arg), void *arg);

/* Flags of open(2) that would make or change something, or are for the task to set. */
#define FILE_MAKING (O_CREAT | O_EXCL | O_TRUNC | O_ASYNC)

/* O_LARGEFILE as the kernel shows it, which is 0 for 64-bit programs */
#define FILE_LARGE 0100000

/** file_common() - its first section */
static inline const struct crfs_file *file_common(const struct iobj *o)
{
	return o->common;
}

/**
 * file_made() - the end of every ->make of a file: takes over @fd and puts the common section back
 * @fd: the new descriptor; negative: an errno, passed on
 */
int file_made(struct restore *rs, struct iobj *o, int fd);

/** file_reopen() - a new description of what @fd is open on, with the flags of @o */
int file_reopen(struct restore *rs, struct iobj *o, int fd);

/** inode_fd() - descriptor of inodes/<@id>, or a negative errno with the reason noted */
int inode_fd(struct restore *rs, struct iobj *o, uint32_t id);

/** inode_check() - ->check of a file: does inodes/<@id> exist, and is it a @room? */
void inode_check(struct image *im, struct iobj *o, uint32_t id, const struct resource *room);

/** file_secret() - is it of memfd_secret(2), which nobody but its program can read? */
bool file_secret(const struct file *f);

#endif
