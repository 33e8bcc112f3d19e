/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that serves requests stays near the one who makes them. */
#ifndef CRFS_FUSE_NEAR_H
#define CRFS_FUSE_NEAR_H

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fuse_buf;

#define NEAR_OTHERS 2

/**
 * struct near - of a loop; the thread that leads uses it, and one that watches
 * @able: this may be done here
 * @fd: of the FUSE session
 * @cpus: the processors the threads may use
 * @others: threads of ours that compute, 0 where one has not begun
 * @watch: posted when there is something to watch
 * @cpu: where the leader stays, -1: anywhere
 * @looked, @asked: when it saw to that, and requests since then
 * @tid: the leader that has given way, 0: nobody
 * @not_before: time until which nobody shall
 * @serving, @served: a request is being served; how many were
 * @joined: how often somebody has given way
 * @seen, @seen_joined: what near_watch() saw of @served and @joined
 */
struct near {
	bool able;
	int fd;
	cpu_set_t cpus;
	const _Atomic pid_t *others[NEAR_OTHERS];
	sem_t *watch;
	int cpu;
	int64_t looked;
	unsigned int asked;
	_Atomic pid_t tid;
	_Atomic int64_t not_before;
	_Atomic bool serving;
	_Atomic unsigned int served, joined;
	unsigned int seen, seen_joined;
};

#define NEAR_WATCH_NS 5000000	/* near_watch() is to be called so often */

void near_init(struct near *n, int fd, sem_t *watch);

/** near_request() - one has come, after @vain looks for it; until near_reply() it is being served */
void near_request(struct near *n, const struct fuse_buf *buf, unsigned int vain);
void near_reply(struct near *n);

/** near_patience() - for how long it may sleep before near_leave(), ms, as poll(2) takes it */
int near_patience(const struct near *n);

/** near_leave() - nobody asks, it leads no longer, or does something long: as any other thread again */
void near_leave(struct near *n);

/** near_watch() - does it get along? Return: is there somebody to watch? */
bool near_watch(struct near *n);

/** near_now() - CLOCK_MONOTONIC, ns */
int64_t near_now(void);

#endif
