// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The descriptor to the kernel, and what libfuse 3.14 does not know of the protocol.
 *
 * FUSE passthrough (Linux 6.9, protocol 7.40) lets the kernel read and write an open file straight
 * from and to a file of ours. It is agreed upon in two fields of the reply to INIT, and an open
 * file's backing is named in a field of the reply to open, that older headers call padding. The
 * replies are completed on their way out; include/uapi/linux/fuse.h is the reference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fuse.h>

#include "fuse.h"

#define CRFS_INIT_EXT		(1U << 30)
#define CRFS_FLAGS2_PASSTHROUGH	(1U << (37 - 32))
#define CRFS_FOPEN_PASSTHROUGH	(1U << 7)

struct crfs_backing_map {
	int32_t fd;
	uint32_t flags;
	uint64_t padding;
};
#define CRFS_BACKING_OPEN	_IOW(229, 1, struct crfs_backing_map)
#define CRFS_BACKING_CLOSE	_IOW(229, 2, uint32_t)

/* struct fuse_init_out as of protocol 7.40 */
struct crfs_init_out {
	uint32_t major, minor, max_readahead, flags;
	uint16_t max_background, congestion_threshold;
	uint32_t max_write, time_gran;
	uint16_t max_pages, map_alignment;
	uint32_t flags2, max_stack_depth;
	uint32_t unused[6];
};

static void free_thread(void *p)
{
	struct perthread *t = p;

	free(t->buf);
	free(t);
}

struct perthread *io_thread(struct crfs *c)
{
	struct perthread *t = pthread_getspecific(c->thread);

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (t)
			pthread_setspecific(c->thread, t);
	}
	return t;
}

/* One per thread: memory that is new costs more than a copy. */
char *io_buffer(struct crfs *c)
{
	struct perthread *t = io_thread(c);

	if (t && !t->buf)
		t->buf = malloc(IO_MAX);
	return t ? t->buf : NULL;
}

static ssize_t io_read(int fd, void *buf, size_t size, void *userdata)
{
	const struct fuse_in_header *h = buf;
	const struct fuse_init_in *in = (void *)(h + 1);
	struct crfs *c = userdata;
	struct perthread *t;
	ssize_t n = read(fd, buf, size);

	if (n < (ssize_t)sizeof(*h) || h->opcode != FUSE_INIT)
		return n;
	t = io_thread(c);
	if (t)
		t->init = true;
	c->init_flags = in->flags;
	if (n >= (ssize_t)(sizeof(*h) + sizeof(*in)) && in->flags & CRFS_INIT_EXT)
		c->init_flags2 = in->flags2;
	return n;
}

bool io_can_pass(const struct crfs *c)
{
	return !c->no_through && c->init_flags2 & CRFS_FLAGS2_PASSTHROUGH;
}

/*
 * The backing file system may be one deep: tmpfs, or an overlay it is not. Without HANDLE_KILLPRIV,
 * which libfuse forgets to pass on, the kernel asks for the attributes before each chown(2).
 */
static void patch_init(struct crfs *c, struct crfs_init_out *out)
{
	out->flags |= c->init_flags & FUSE_HANDLE_KILLPRIV;
	if (!io_can_pass(c))
		return;
	out->flags |= CRFS_INIT_EXT;
	out->flags2 |= CRFS_FLAGS2_PASSTHROUGH;
	out->max_stack_depth = 1;
	c->through = true;
}

static ssize_t write_init(struct crfs *c, int fd, struct iovec *iov, int count)
{
	struct crfs_init_out out;
	struct iovec copy[2];

	if (count != 2 || iov[1].iov_len != sizeof(out))
		return writev(fd, iov, count);
	memcpy(&out, iov[1].iov_base, sizeof(out));
	patch_init(c, &out);
	copy[0] = iov[0];
	copy[1] = (struct iovec){ .iov_base = &out, .iov_len = sizeof(out) };
	return writev(fd, copy, 2);
}

/* The reply to open ends in a fuse_open_out; the one to create has an entry before it. */
static ssize_t write_open(int fd, struct iovec *iov, int count, int backing)
{
	char buf[sizeof(struct fuse_entry_out) + sizeof(struct fuse_open_out)];
	size_t len = count == 2 ? iov[1].iov_len : 0;
	struct fuse_open_out *out;
	struct iovec copy[2];

	if (len < sizeof(*out) || len > sizeof(buf))
		return writev(fd, iov, count);
	memcpy(buf, iov[1].iov_base, len);
	out = (void *)(buf + len - sizeof(*out));
	out->open_flags |= CRFS_FOPEN_PASSTHROUGH;
	out->open_flags &= ~FOPEN_KEEP_CACHE;
	memcpy((char *)out + sizeof(*out) - sizeof(backing), &backing, sizeof(backing));
	copy[0] = iov[0];
	copy[1] = (struct iovec){ .iov_base = buf, .iov_len = len };
	return writev(fd, copy, 2);
}

static ssize_t io_writev(int fd, struct iovec *iov, int count, void *userdata)
{
	struct crfs *c = userdata;
	struct perthread *t = pthread_getspecific(c->thread);
	int backing;

	if (t && t->init) {
		t->init = false;
		return write_init(c, fd, iov, count);
	}
	if (t && t->backing) {
		backing = t->backing;
		t->backing = 0;
		return write_open(fd, iov, count, backing);
	}
	return writev(fd, iov, count);
}

static int backing_open(void *arg, int fd)
{
	struct crfs_backing_map map = { .fd = fd };
	struct crfs *c = arg;
	int id;

	if (!c->through)
		return 0;
	id = ioctl(fuse_session_fd(c->se), CRFS_BACKING_OPEN, &map);
	if (id <= 0)	/* no privilege, or no such thing after all: do without */
		c->through = false;
	return id > 0 ? id : 0;
}

static void backing_close(void *arg, int id)
{
	struct crfs *c = arg;
	uint32_t which = id;

	ioctl(fuse_session_fd(c->se), CRFS_BACKING_CLOSE, &which);
}

int io_setup(struct crfs *c)
{
	const struct fuse_custom_io io = { .read = io_read, .writev = io_writev };

	c->m.stage.backing = backing_open;
	c->m.stage.unback = backing_close;
	c->m.stage.arg = c;
	if (pthread_key_create(&c->thread, free_thread))
		return -1;
	return fuse_session_custom_io(c->se, &io, fuse_session_fd(c->se));
}
