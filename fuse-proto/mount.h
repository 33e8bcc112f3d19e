/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a mount: view, live view or staging; generations; the trigger. */
#ifndef CRFS_MOUNT_H
#define CRFS_MOUNT_H

#include <pthread.h>

#include "engine.h"
#include "fill.h"
#include "manifest.h"
#include "stage.h"
#include "work.h"

enum gen_kind { GEN_STAGING, GEN_LIVE, GEN_VIEW };

struct gen;

#define MOUNT_WRITERS 64

/**
 * struct mount - all of a mount
 * @start: when it was mounted
 * @seen, @since: what the cgroup last decided, and when: a root whose time changes while a tool
 *	reads it would make the tool complain
 * @lock: for everything below but what has its own
 * @idle: signalled when @busy ends
 * @busy: a view is being taken or a restore runs; what would change the tree waits
 * @restoring: that is a restore
 * @failed: the last restore or check of the staged tree failed, @why says how
 * @gens, @cur: all generations, and the one shown; NULL until somebody looks
 * @man: the staged manifest
 * @fresh: it has just been closed
 * @last_time: the date of the newest view's files
 * @changed: something did since the trigger last looked
 * @recheck: an empty file was passed over, look again when it is closed
 * @writers: processes that wrote to the staging; they may finish it after the restore
 * @grace: the staged tree that became a container, as long as a writer needs it
 * @block: called before (true) and after (false) what may take long, so that another thread serves
 * @gone: called without lock when a generation is over, so that the kernel forgets it
 */
struct mount {
	struct options opts;
	struct cgroup cg;
	uid_t uid;
	gid_t gid;
	struct timespec start, since, last_time;
	enum gen_kind seen;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	bool busy, restoring, failed;
	struct errlist why;
	struct gen *gens, *cur;
	uint32_t next_id;
	struct manifest *man;
	bool fresh, changed, recheck;
	pid_t writers[MOUNT_WRITERS];
	unsigned int next_writer;
	struct gen *grace;
	void (*block)(void *arg, bool blocked);
	void *block_arg;
	void (*gone)(void *arg, struct gen *g);
	void *arg;
	struct stage stage;
	struct fill fill;
	struct work work, notes;
	pthread_t watcher;
	int wake;
	bool watching;
};

/** mount_init() - open (make) the cgroup, refuse one that holds us */
int mount_init(struct mount *m, const struct options *opts, struct err *e);

/** mount_start() - start the threads; after the daemon has forked for the last time */
int mount_start(struct mount *m, struct err *e);
void mount_stop(struct mount *m);

/**
 * mount_current() - the generation to show now; with m->lock held, which it may drop meanwhile
 * @refresh: make a live view anew if it is more than a second old
 * Return: 0 or a negative errno, the reason is then in .crfs/error
 */
int mount_current(struct mount *m, bool refresh, struct gen **g);

/** mount_peek() - what the cgroup decides, without taking anything; locked */
int mount_peek(struct mount *m, enum cgroup_state *s);

/** mount_idle() - wait until nobody takes or restores; with m->lock held */
void mount_idle(struct mount *m);

/** mount_grace() - the staged tree that @pid has filled and not yet left, or NULL; locked */
struct gen *mount_grace(struct mount *m, pid_t pid);

/** mount_leave() - @pid looks at what it made: from now on it sees what all see; locked */
void mount_leave(struct mount *m, pid_t pid);

/** mount_others() - does any process but @pid that wrote to the staging still live? locked */
bool mount_others(struct mount *m, pid_t pid);

/** mount_wrote() - @pid changes the staging; locked */
void mount_wrote(struct mount *m, pid_t pid);

/** mount_state() - the word in .crfs/state */
const char *mount_state(struct mount *m);

/** mount_check() - what is written to .crfs/ctl as `check`. Return: 0 or a negative errno */
int mount_check(struct mount *m);

/* The trigger (trigger.c): what a staged file's change means to the manifest. With m->lock held. */
void trigger_done(struct mount *m, struct node *n, struct err *e);
void trigger_undone(struct mount *m, struct node *n);
void trigger_moved(struct mount *m, struct err *e);
void trigger_reset(struct mount *m);

/**
 * trigger_run() - if all is there, verify it and restore; may drop the lock
 * Return: 0, also if nothing was to do, or the negative errno of the first reason
 */
int trigger_run(struct mount *m);

/**
 * trigger_finished() - @pid sets the times of @dir, which tools do when they are done with it
 * That is when a file that never came is found missing, unless others still fill the staging.
 */
int trigger_finished(struct mount *m, struct node *dir, pid_t pid);
void trigger_verify(struct mount *m, struct errlist *why, unsigned int *unwritten);

/** mount_restored() - the staged tree has become a container; locked */
void mount_restored(struct mount *m);

/** mount_busy() - begin or end what may take long; drops (true) or takes the lock */
void mount_busy(struct mount *m, bool busy);

#endif
