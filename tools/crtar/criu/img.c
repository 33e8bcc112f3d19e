// SPDX-License-Identifier: GPL-2.0-or-later
/* An image file of CRIU: two words, then messages with their length in front. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu.h"

#define MESSAGE_MAX (64 << 20)

static int open_it(struct img *i, int dir, int flags, const char *fmt, va_list ap)
{
	vsnprintf(i->name, sizeof(i->name), fmt, ap);
	i->fd = openat(dir, i->name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	return i->fd < 0 ? -errno : 0;
}

/* The inventory says which version the others are of, and has itself the one word of the oldest. */
static int first(uint32_t kind)
{
	return kind == CRIU_INVENTORY;
}

int img_create(struct img *i, int dir, uint32_t kind, struct err *e, const char *fmt, ...)
{
	uint32_t words[2] = { CRIU_COMMON, kind };
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = open_it(i, dir, O_WRONLY | O_CREAT | O_EXCL, fmt, ap);
	va_end(ap);
	if (r < 0)
		return fail_on(e, r, i->name, "make it");
	return kind ? img_write(i, words + first(kind), (2 - first(kind)) * sizeof(*words), e) : 0;
}

int img_open(struct img *i, int dir, uint32_t kind, struct err *e, const char *fmt, ...)
{
	uint32_t words[2] = { CRIU_COMMON, 0 };
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = open_it(i, dir, O_RDONLY | O_NONBLOCK, fmt, ap);
	va_end(ap);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return fail_on(e, r, i->name, "open it");
	if (!kind)
		return 0;
	r = img_read(i, words + first(kind), (2 - first(kind)) * sizeof(*words), e);
	if (!r && (words[0] != CRIU_COMMON || words[1] != kind))
		r = fail_on(e, -EBADMSG, i->name, "it is no such image: name a directory that CRIU 3 or 4 wrote");
	return r;
}

void img_close(struct img *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

int img_write(struct img *i, const void *p, size_t n, struct err *e)
{
	const char *at = p;
	ssize_t w;

	for (; n; at += w, n -= w) {
		w = write(i->fd, at, n);
		if (w <= 0)
			return fail_on(e, w < 0 ? -errno : -ENOSPC, i->name, "write it: make room for it");
	}
	return 0;
}

int img_read(struct img *i, void *p, size_t n, struct err *e)
{
	char *at = p;
	ssize_t r;

	for (; n; at += r, n -= r) {
		r = read(i->fd, at, n);
		if (r <= 0)
			return fail_on(e, r < 0 ? -errno : -EBADMSG, i->name, "it ends too early: copy it again");
	}
	return 0;
}

int img_put(struct img *i, const void *msg, struct err *e)
{
	uint32_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *buf = malloc(len + sizeof(len));
	int r;

	if (!buf)
		return fail_on(e, -ENOMEM, i->name, "memory for a message");
	memcpy(buf, &len, sizeof(len));
	protobuf_c_message_pack(msg, buf + sizeof(len));
	r = img_write(i, buf, len + sizeof(len), e);
	free(buf);
	return r;
}

static void *in_pool(void *arg, size_t size)
{
	return pool_alloc(arg, size ? size : 1);
}

static void leave(void *arg, void *p)
{
	(void)arg; (void)p;	/* it goes with the pool */
}

void *img_get(struct img *i, const ProtobufCMessageDescriptor *d, struct pool *pool, struct err *e)
{
	ProtobufCAllocator a = { .alloc = in_pool, .free = leave, .allocator_data = pool };
	uint32_t len;
	void *msg = NULL;
	uint8_t *buf;
	ssize_t r;

	if (e->code)
		return NULL;
	r = read(i->fd, &len, sizeof(len));
	if (!r)
		return NULL;
	if (r != sizeof(len) || len > MESSAGE_MAX) {
		fail_on(e, r < 0 ? -errno : -EBADMSG, i->name, "it is damaged: copy it again");
		return NULL;
	}
	buf = malloc(len ? len : 1);
	if (!buf)
		fail_on(e, -ENOMEM, i->name, "memory for a message");
	else if (!img_read(i, buf, len, e))
		msg = protobuf_c_message_unpack(d, &a, len, buf);
	free(buf);
	if (!msg)
		fail_on(e, -EBADMSG, i->name, "a message in it cannot be read: copy it again");
	return msg;
}
