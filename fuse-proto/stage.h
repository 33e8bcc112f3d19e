/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of staged files: texts in the heap, payloads in memfds. */
#ifndef CRFS_STAGE_H
#define CRFS_STAGE_H

#include <pthread.h>

#include "tree.h"

struct entry;
struct hash;
struct buf;

/**
 * struct stored - what whoever stages files keeps of each (node.front begins with it)
 * @entry: the line of the manifest that names it
 * @bytes: where a staged payload's bytes are, NULL: in node.text, with @room bytes there
 * @writers: handles open for writing
 * @algorithm: of node.digest
 * @complete: whoever wrote it has closed it
 */
struct stored {
	struct entry *entry;
	struct bytes *bytes;
	size_t room;
	unsigned int writers;
	uint8_t algorithm;
	bool complete;
};

/**
 * struct front - what the mount keeps of a node (node.front)
 * @lookups: references the kernel holds (staging; a view counts them per generation)
 * @seq: position in readdir (staging)
 * @opens: handles, and jobs that need the node
 * @handles: open files of the kernel's
 * @detached: no longer in the tree, goes with the last reference
 * @changed: written since the last flush
 * @through: its handles are passed through by the kernel
 * @version: counts changes, so that a digest taken meanwhile is not believed
 * @stamp: mtime of the memfd when the digest was taken
 * @mode, @uid, @gid: as set by the tool that fills the staging
 * @stream, @streamed: a view's payload being digested while it is read in order
 * @buf: a view's extent, filled
 */
struct front {
	struct stored;
	uint64_t lookups;
	uint64_t seq;
	unsigned int opens, handles;
	bool detached, changed, through;
	unsigned int version;
	struct timespec stamp;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct hash *stream;
	off_t streamed;
	struct buf *buf;
};

/**
 * struct bytes - a staged payload's bytes: a file of its own, or a stretch of the shared one
 * @fd: the file, which is memory only
 * @off: where they begin; 0 in a file of its own
 * @backing: what the kernel calls it for passthrough, 0: nothing
 * @refs: nodes that share it (hard links)
 * @own: a file of its own; only such a one is ever written
 * @ahead: has memory beyond its end
 * @takes: it is a file of the kernel filesystem's, whose pages can be had (CRFS_TAKE)
 * @size, @next: while it waits to be freed
 */
struct bytes {
	off_t size;
	struct bytes *next;
	int fd;
	off_t off;
	int backing;
	unsigned int refs;
	bool own, ahead, takes;
};

/** stage_is_payload() - does its name say that it is none of the texts? */
bool stage_is_payload(const struct node *n);

#define STAGE_SPARES 32
#define STAGE_READY 4
#define STAGE_SMALL (64 << 10)	/* bytes up to which a payload is moved to the heap */

/**
 * struct stage - staging memory of a mount
 * @backing: makes a file known to the kernel for passthrough; NULL or 0: it is not passed through
 * @unback: the reverse
 * @arg: theirs
 * @fs: a tmpfs of its own, -1: not asked for yet, -2: memfds will do
 * @spare: empty files to be used again
 * @ready: such with memory for an extent, kept by @thread, @tid, while @large: the last extent was a large one
 * @own, @own_max: files in use, and how many there may be before whole ones are packed
 * @pack, @pack_end: the shared file and its end
 */
struct stage {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int (*backing)(void *arg, int fd);
	void (*unback)(void *arg, int id);
	void *arg;
	int fs;
	struct bytes *spare[STAGE_SPARES], *ready[STAGE_READY];
	unsigned int spares, readies;
	pthread_t thread;
	_Atomic pid_t tid;
	bool threaded, ending, large;
	unsigned int own, own_max;
	int pack;
	off_t pack_end;
};

void stage_init(struct stage *s);
/** stage_room() - have room for its descriptors while there is one thread only; not needed, but for speed */
void stage_room(const struct stage *s);
void stage_stop(struct stage *s);

/**
 * node_backing() - the descriptor that holds a staged payload's bytes
 * @off: where in it they begin
 *
 * The engine may read, map or splice from it, and punch a hole where it no longer needs the bytes.
 *
 * Return: the descriptor, which stays the node's, or -1: then node_pread() is the way
 */
int node_backing(struct node *n, off_t *off);
/** node_takes() - are the pages in that descriptor to be had with CRFS_TAKE? */
bool node_takes(const struct node *n);

/**
 * stage_kind() - make @n what its name says it is, a text or a payload
 * Payloads are what stands in a directory `pages`, and files named `data`, also under the temporary
 * names that rsync gives them.
 */
void stage_kind(struct stage *s, struct node *n);

/**
 * stage_open() - prepare a staged file for being written
 * Return: 0 or a negative errno; then front->bytes->backing, if there is one, can be passed through
 */
int stage_open(struct stage *s, struct node *n);

/**
 * stage_adopt() - give @n bytes that are in a file already
 * @fd: the file, which is the stage's from now on; @takes: of it
 * Return: 0 or -ENOMEM
 */
int stage_adopt(struct stage *s, struct node *n, int fd, off_t size, bool takes);

/** stage_write() - Return: bytes or a negative errno. Of a payload: without any lock held */
ssize_t stage_write(struct stage *s, struct node *n, const void *buf, size_t size, off_t off);
int stage_resize(struct stage *s, struct node *n, off_t size);

/** stage_sync() - bring size and mtime up to what was written past us */
void stage_sync(struct node *n);

/** stage_settle() - nobody writes @n any more: store it the way that costs least */
void stage_settle(struct stage *s, struct node *n);

/** stage_link() - let @to have the bytes of @from */
int stage_link(struct node *from, struct node *to);

/** stage_drop() - its bytes go, the node stays */
void stage_drop(struct node *n);

/** bytes_new() - an empty file of memory, for one of the extents or for another payload; NULL: errno */
struct bytes *bytes_new(struct stage *s, bool extent);
/** bytes_file() - such a file, by itself. Return: its descriptor or -1 */
int bytes_file(struct stage *s);
/** bytes_settle() - an extent has been written, and is of @size */
void bytes_settle(struct stage *s, struct bytes *b, off_t size);
/** bytes_put() - a node of @size no longer has them */
void bytes_put(struct stage *s, struct bytes *b, off_t size);

/** stage_take() - the same, but they go later, with stage_free(): that may take a while */
void stage_take(struct node *n, struct bytes **list);
void stage_free(struct stage *s, struct bytes *list);

#endif
