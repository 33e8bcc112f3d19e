/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A room: everything the engine knows about one kernel resource, as one struct and one row. */
#ifndef CRFS_RESOURCE_H
#define CRFS_RESOURCE_H

#include <crfs/shape.h>

#include "image.h"
#include "snap.h"
#include "tape.h"
#include "text.h"

/**
 * enum scope - which objects have this file
 * @PER_ROOT: once, in the root
 * @PER_THREAD: tasks/<tid>/ of every thread
 * @PER_PROCESS: tasks/<tid>/ of every thread-group leader
 * @PER_SIGHAND, @PER_FDTABLE, @PER_FS: tasks/<tid>/ of the first task (by tid) that has this signal
 *	handler table, descriptor table, fs_struct; the others name that tid in their status
 * @PER_MM: mms/<id>/
 * @PER_FILE: files/<id>, a section behind the common one, where the file's type is this room's name
 * @PER_INODE: inodes/<id>/status and its payloads, where the type is this room's name
 * @PER_NS: ns/<type>-<id>
 */
enum scope {
	PER_ROOT,
	PER_THREAD,
	PER_PROCESS,
	PER_SIGHAND,
	PER_FDTABLE,
	PER_FS,
	PER_MM,
	PER_FILE,
	PER_INODE,
	PER_NS,
	NR_SCOPES,
};

/**
 * struct resource - a room
 * @name: the file's name (task, mm, root scopes) or the type (file, inode, ns scopes), e.g. "eventfd"
 * @scope: enum scope
 * @shapes: its sections in order, NULL-terminated; what ->read writes and the parser reads
 * @payloads: further files of it in the same directory, bytes and not text ("xstate", "data"), or
 *	directories of them ("pages/"); NULL-terminated, may be NULL. ->read makes their nodes with
 *	tree_payload() or tree_text() in the object's ->dir; ->check and ->put find them there
 * @zombies: it is there for zombies too
 * @optional: where ->read writes nothing there is no file: the default, or, in a thread, what its
 *	leader has. ->check and ->put are called all the same, and find no record then
 * @fires: PER_FILE: ->make has it ready for a moment, and calls epoll_fire() then
 *
 * Reading, in the order of the verbs:
 * @match: PER_FILE: is this descriptor of our kind? Exact; no two rooms match one
 * @ask: add to the tape what only the task can tell; results are in the op and its data when
 *	->read runs. Keep what you need to find them through snap_note()
 * @inquire: all have been asked and still stand: ask what one tape cannot, with ask_again()
 * @settle: all stand in the freezer again, where the kernel goes on with what they have begun; nothing was read yet
 * @read: write the sections. PER_FILE rooms find the descriptor in file->dup; obstacles are named
 *	with snap_unsupported() and are no failure
 *
 * Putting back:
 * @check: compare with this machine, name every mismatch with image_mismatch(); makes nothing
 * @make: PER_FILE, PER_INODE, PER_NS, PER_MM: make the object in the controller before any task
 *	needs it; file->fd
 * @late: @make runs after all tasks exist (a pidfd)
 * @join: PER_FILE: once, in the controller, when every file is made: those that are made of, or hold,
 *	others. Files of the room that have no @make are made here
 * @finish: PER_INODE, PER_NS, PER_FILE: in the controller, when all tasks have played and none runs yet: what
 *	would have stood in the way before, or would have seen it
 * @phase: enum phase, for @put; PHASE_MM only in rooms of PER_MM and PER_PROCESS
 * @put: add to a task's tape what puts it back. Task scopes: called for the owner; PER_FILE: for
 *	each (task, descriptor) that has it, after it was installed there, with rt->fd set; PER_INODE:
 *	for each process, since what lies in the kernel may remember who used it last
 * @undo: after a restore that failed, in the front end: take away what @make left in the system
 *	(most leave nothing: descriptors and namespaces go with the controller)
 */
struct resource {
	const char *name;
	enum scope scope;
	const struct crfs_shape *const *shapes;
	const char *const *payloads;
	bool zombies;
	bool optional;
	bool late;
	bool fires;
	int phase;

	bool (*match)(const struct file *f);
	void (*ask)(struct snap *s, struct task *t, struct tape *tape);
	int (*inquire)(struct snap *s);
	int (*settle)(struct snap *s);
	int (*read)(struct snap *s, void *obj, struct text *out);

	void (*check)(struct image *im, struct iobj *o);
	int (*make)(struct restore *rs, struct iobj *o);
	int (*join)(struct restore *rs);
	int (*finish)(struct restore *rs, struct iobj *o);
	int (*put)(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);
	void (*undo)(struct image *im, struct iobj *o);
};

/**
 * enum phase - when a room's ops stand on the tape of a task
 *
 * First part, while tasks are being made (before the first barrier):
 * @PHASE_MM: address space, so that children are forked from the right memory
 * Second part, when all tasks exist:
 * @PHASE_FDS: descriptors, while everything may still be opened
 * @PHASE_FS: umask, root, cwd
 * @PHASE_SIGNALS: actions, stacks, timers, queued signals (all blocked until the registers are set)
 * @PHASE_SCHED: limits, scheduling, priorities
 * @PHASE_CREDS: ids, capabilities, securebits: after all that needs privilege
 * @PHASE_LAST: parent-death signal (a change of ids clears it), seccomp
 * @PHASE_SHARED: dumpable, which a change of ids clears too, by any task with the same memory; where there
 *	are several it is a third part, when all of them have played
 */
enum phase {
	PHASE_MM,
	PHASE_FDS,
	PHASE_FS,
	PHASE_SIGNALS,
	PHASE_SCHED,
	PHASE_CREDS,
	PHASE_LAST,
	PHASE_SHARED,
	NR_PHASES,
};

/** resources - the table, table.c; NULL-terminated; rows of one scope stand in the tree's order */
extern const struct resource *const resources[];

/** resource_find() - the row of @name in @scope, or NULL */
const struct resource *resource_find(enum scope scope, const char *name, size_t len);

#endif
