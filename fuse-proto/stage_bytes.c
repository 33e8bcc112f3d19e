// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of memory for staged payloads, and memory for them ahead of time.
 *
 * Whoever writes a gigabyte of extents spends most of the time in the kernel's making a page at a time.
 * So while one extent is written the files for the next ones get their memory, by a thread of ours and
 * in pieces of many pages, which costs a tenth. It is beyond their end (FALLOC_FL_KEEP_SIZE), so that
 * nothing but speed depends on it, and what an extent did not need is given back when it is closed.
 *
 * A memfd has only small pages unless the administrator says otherwise; a tmpfs of our own with
 * huge=within_size has folios as large as is asked for. Not huge ones: free huge pages are what a
 * hypervisor takes back, and then the first touch costs more than everything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "stage.h"

#define PAGE 4096
#define PIECE (64 << 10)	/* bytes of memory made in one go */
#define LARGE (CRFS_EXTENT_SIZE / 2)
#define IDLE 1			/* seconds after which nobody is believed to want more */
#define MEMFD (-2)

void stage_init(struct stage *s)
{
	struct rlimit rl = { .rlim_cur = 1024 };
	pthread_condattr_t attr;

	*s = (struct stage){ .pack = -1, .fs = -1 };
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	getrlimit(RLIMIT_NOFILE, &rl);
	s->own_max = rl.rlim_cur > 16384 ? 8192 : rl.rlim_cur / 2;
}

/*
 * With several threads the kernel waits for all processors each time it makes a table of descriptors
 * larger, 10 ms and more (expand_fdtable(), fs/file.c).
 */
void stage_room(const struct stage *s)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, s->own_max);

	if (fd >= 0)
		close(fd);
}

static void bytes_close(struct stage *s, struct bytes *b)
{
	if (b->backing && s->unback)
		s->unback(s->arg, b->backing);
	close(b->fd);
	free(b);
}

void stage_stop(struct stage *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (s->threaded)
		pthread_join(s->thread, NULL);
	while (s->readies)
		bytes_close(s, s->ready[--s->readies]);
	while (s->spares)
		bytes_close(s, s->spare[--s->spares]);
	if (s->pack >= 0)
		close(s->pack);
	if (s->fs >= 0)
		close(s->fs);
	s->pack = s->fs = -1;
	s->threaded = s->ending = s->large = false;
	s->tid = 0;
}

/* Mounted nowhere, and gone with its last file. Without limits, as memfds are. */
static int own_tmpfs(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd = MEMFD;

	if (fs >= 0 && !fsconfig(fs, FSCONFIG_SET_STRING, "huge", "within_size", 0) &&
	    !fsconfig(fs, FSCONFIG_SET_STRING, "size", "0", 0) &&
	    !fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "0", 0) &&
	    !fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) &&
	    !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fs >= 0)
		close(fs);
	return fd >= 0 ? fd : MEMFD;
}

/* Locked, or nobody else knows @s. */
int bytes_file(struct stage *s)
{
	int fd = -1;

	if (s->fs == -1)
		s->fs = own_tmpfs();
	if (s->fs >= 0)
		fd = openat(s->fs, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("crfs-stage", MFD_CLOEXEC);
}

static struct bytes *bytes_make(struct stage *s)
{
	struct bytes *b = calloc(1, sizeof(*b));

	if (b)
		b->fd = bytes_file(s);
	if (!b || b->fd < 0) {
		free(b);
		return NULL;
	}
	b->own = true;
	b->refs = 1;
	if (s->backing)
		b->backing = s->backing(s->arg, b->fd);
	return b;
}

static void provide(struct bytes *b)
{
	off_t off;

	for (off = 0; off < (off_t)CRFS_EXTENT_SIZE; off += PIECE)
		if (fallocate(b->fd, FALLOC_FL_KEEP_SIZE, off, PIECE))
			break;
	b->ahead = true;
}

static void give_back(struct stage *s)
{
	struct bytes *b;

	while (s->readies) {
		b = s->ready[--s->readies];
		b->ahead = false;
		if (s->spares < STAGE_SPARES && !ftruncate(b->fd, 0))
			s->spare[s->spares++] = b;
		else
			bytes_close(s, b);
	}
}

static void make_ready(struct stage *s)
{
	struct bytes *b = s->spares ? s->spare[--s->spares] : bytes_make(s);

	if (!b) {
		s->large = false;
		return;
	}
	pthread_mutex_unlock(&s->lock);
	provide(b);
	pthread_mutex_lock(&s->lock);
	s->ready[s->readies++] = b;
}

static void *keep_ready(void *arg)
{
	struct stage *s = arg;
	struct timespec until;

	s->tid = gettid();
	pthread_mutex_lock(&s->lock);
	while (!s->ending) {
		if (s->large && s->readies < STAGE_READY) {
			make_ready(s);
		} else if (!s->readies) {
			pthread_cond_wait(&s->wake, &s->lock);
		} else {
			clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_sec += IDLE;
			if (!s->large || pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT) {
				s->large = false;
				give_back(s);
			}
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct bytes *bytes_new(struct stage *s, bool extent)
{
	struct bytes *b;

	pthread_mutex_lock(&s->lock);
	if (extent && s->readies) {
		b = s->ready[--s->readies];
		pthread_cond_signal(&s->wake);
	} else {
		b = s->spares ? s->spare[--s->spares] : bytes_make(s);
	}
	if (b)
		s->own++;
	pthread_mutex_unlock(&s->lock);
	return b;
}

void bytes_settle(struct stage *s, struct bytes *b, off_t size)
{
	if (b->ahead && size < (off_t)CRFS_EXTENT_SIZE && ftruncate(b->fd, size))
		return;
	b->ahead = false;
	pthread_mutex_lock(&s->lock);
	s->large = size >= (off_t)LARGE;
	if (s->large && !s->threaded)
		s->threaded = !pthread_create(&s->thread, NULL, keep_ready, s);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static void punch(int fd, off_t off, off_t len)
{
	if (len > 0)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len);
}

void bytes_put(struct stage *s, struct bytes *b, off_t size)
{
	bool spare = false;

	if (!b || --b->refs)
		return;
	if (!b->own) {
		punch(b->fd, b->off, (size + PAGE - 1) & -PAGE);
		free(b);
		return;
	}
	if (!ftruncate(b->fd, 0)) {
		b->ahead = false;
		pthread_mutex_lock(&s->lock);
		s->own--;
		spare = s->spares < STAGE_SPARES;
		if (spare)
			s->spare[s->spares++] = b;
		pthread_mutex_unlock(&s->lock);
		b->refs = 1;
	}
	if (!spare)
		bytes_close(s, b);
}
