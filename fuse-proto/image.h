/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A staged tree, parsed; and a restore under way. */
#ifndef CRFS_IMAGE_H
#define CRFS_IMAGE_H

#include <stdint.h>
#include <sys/types.h>

#include <crfs/shape.h>

#include "engine.h"
#include "pool.h"
#include "tape.h"

struct resource;
struct crfs_task_status;
struct birth;

enum iobj_kind { IOBJ_ROOT, IOBJ_TASK, IOBJ_MM, IOBJ_FILE, IOBJ_INODE, IOBJ_NS, NR_IOBJ };

/** struct irec - one file of an object, parsed: as many sections as @room has shapes, @nr records at @rec each */
struct irec {
	const struct resource *room;
	struct irec *next;
	struct {
		void *rec;
		size_t nr;
	} section[];
};

/**
 * struct iobj - an object of the tree
 * @id: tid, or number
 * @path: "tasks/42", for messages
 * @node: its directory (or, for files/ and ns/, the file it stands in)
 * @room: files, inodes, ns: the room of its type
 * @common: files and inodes: struct crfs_file or struct crfs_inode (<crfs/res/fd/common.h>)
 * @recs: its files
 * @fd: descriptor in the controller once made, else -1
 * @wanted: somebody has looked for it by its number: something refers to it
 * @fired: an epoll has an EPOLLONESHOT item on it that has fired
 * @priv: the room's own
 */
struct iobj {
	enum iobj_kind kind;
	unsigned int id;
	const char *path;
	struct node *node;
	const struct resource *room;
	void *common;
	struct irec *recs;
	int fd;
	bool wanted, fired;
	void *priv;
};

/** struct image - all of it; objects of a kind are sorted by id */
struct image {
	struct tree *tree;
	struct node *top;
	struct cgroup *cg;
	const struct options *opts;
	struct errlist *why;
	bool spend;		/* see image_read() */
	struct pool pool;
	struct iobj *objs[NR_IOBJ];
	size_t nr[NR_IOBJ];
};

/**
 * image_parse() - read every file of the tree with its room's shapes
 * Every error is in @why ("EINVAL tasks/42/creds: line 3: unknown key uidd"), and so is every file
 * that is missing or that no room knows.
 * Return: 0 or the first error
 */
int image_parse(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		struct errlist *why, struct image *im);
/**
 * image_read() - the same for whoever looks, and restores nothing here: on whatever machine it was
 * taken, and whether its tasks ran or not
 * @spend: nobody reads the texts again, and the records may live in them instead of in a copy
 */
int image_read(struct tree *t, struct node *top, const struct options *opts, struct errlist *why,
	       bool spend, struct image *im);
/** image_check() - references between objects, then every room's ->check. Return: as above */
int image_check(struct image *im);
void image_free(struct image *im);

struct iobj *image_obj(const struct image *im, enum iobj_kind kind, unsigned int id);
/** image_status() - tasks/<tid>/status of a task */
const struct crfs_task_status *image_status(const struct iobj *task);

/** image_recs() - records of section @section of @o's file @room; NULL and 0 if it has none */
void *image_recs(const struct iobj *o, const struct resource *room, int section, size_t *n);
/** image_rec() - the one record of a block section, or NULL */
void *image_rec(const struct iobj *o, const struct resource *room, int section);

/** image_belongs() - does @o have the file of @room (one of the root, a task or an mm)? */
bool image_belongs(const struct resource *room, const struct iobj *o);

#define IMAGE_MEND "mend it, or copy the checkpoint again"
/** image_complete() - name what @o must have and has not, or has and may not (image_parse()'s) */
void image_complete(struct image *im, struct iobj *o);

/** image_is_cgroup() - is it a path that leads down from the container's cgroup, or stays there? */
bool image_is_cgroup(struct crfs_str path);

/** image_mismatch() - name what keeps this tree from being restored here */
void image_mismatch(struct image *im, int code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * struct rtask - a task being made
 * @o: its object
 * @pid: as the controller's namespace has it, once it exists
 * @leader, @parent: as in the tree; @parent NULL for the container's first tasks
 * @made_by: the thread of @parent that makes it, if not that itself
 * @mm, @files, @fs, @sighand: objects and owners
 * @tape: its tape
 * @fd: while a PER_FILE room's put runs: the descriptor it stands at in this task
 */
struct rtask {
	struct iobj *o;
	pid_t pid;
	struct rtask *leader, *parent, *made_by;
	struct rtask *first_child, *next_sibling, *next_thread;
	struct iobj *mm;
	struct rtask *files, *fs, *sighand;
	struct tape *tape;
	bool zombie, helper;
	bool mm_owner;		/* the first task that has this mm: builds it */
	bool bound;		/* to one processor, until its tape says where it may be */
	int fd;
	void *priv;
	struct birth *birth;	/* how it comes to be: spawn.h */
};

/**
 * struct restore - under way, in the controller (a child of the front end, single-threaded)
 * @proc: O_PATH of the /proc of the controller's first namespace
 * @ctl_fd: in every task, at this number (a high one): a pidfd of the controller, from which tape
 *	ops take files that the controller made: pidfd_getfd(ctl_fd, o->fd)
 * @base, @base_time: the namespaces that we come from (res/ns/home.h, res/ns/time.c)
 * @front_net: the network namespace of the front end, 0: nobody has asked for it (res/ns/net_make.c)
 * @net: ns/net-<id> that we are in, once all are made; 0: the mounter's (sock_net.h)
 * @proxy: the child in a user namespace that @ctl_fd is a pidfd of, if there is one (res/ns/user_make.c)
 * @loose_put: files that no table has were put back (fds_put())
 * @arena, @arena_size: where tapes and player are, MAP_SHARED, at this address in every task
 * @window: its last two times CRFS_EXTENT_SIZE, for a task to map what it takes pages from
 * @ptys: the terminals of the image, once the first one is made (pty_make.c)
 * @pty_spares: masters that were opened on the way to a number, while objects of a kind are made
 * @keep_roots: place_keep(); @keeps: then @root is that of @root_ns, which was used last
 *
 * Order: ns ->make, inode ->make, mm ->make in the controller, whose descriptors of that time all
 * tasks inherit; then the tasks are made, each playing PHASE_MM before it makes its children;
 * when all exist: file ->make in the controller (the late ones last), ->join, then the tapes' second part,
 * which begins by closing what was inherited except ctl_fd; last the registers, by ptrace.
 */
struct restore {
	struct image *im;
	struct err *err;
	int proc;
	int front_net;
	unsigned int net;
	int ctl_fd;
	int base[5], base_time;
	pid_t proxy;
	bool loose_put;
	struct rtask *tasks;
	size_t nr_tasks;
	void *arena;
	size_t arena_size;
	void *window;
	struct pty *ptys;
	struct pty_spares *pty_spares;
	bool keep_roots;
	bool keeps;
	int root;
	uint32_t root_ns;
};

struct rtask *restore_task(const struct restore *rs, pid_t vtid);

#endif
