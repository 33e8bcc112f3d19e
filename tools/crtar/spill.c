// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must be held of an archive that is read but once: in a file without a name, not in memory.
 *
 * It is in TMPDIR, else in /tmp, and goes with whoever has it open, however that ends. Payloads stand in it
 * one behind the other, each from a page's start, so that their holes stay holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "spill.h"

#define PAGE 4096

static const char *directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

int spill_full(int code, struct err *e)
{
	return fail(e, code, "hold it in a file below %s: make room there, or name another directory in TMPDIR",
		    directory());
}

/* Not every file system has files that never had a name. */
static int open_nameless(void)
{
	int fd = open(directory(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *name = NULL;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (asprintf(&name, "%s/crtar.XXXXXX", directory()) < 0)
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

int spill_file(struct err *e)
{
	int fd = open_nameless();

	return fd < 0 ? spill_full(-errno, e) : fd;
}

static ssize_t spill_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct spill *s = n->priv;
	size_t done = 0;
	ssize_t r = 1;

	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	for (; done < size && r > 0; done += r > 0 ? r : 0)
		r = pread(s->fd, (char *)buf + done, size - done, n->arg + off + done);
	if (r < 0)
		return -errno;
	memset((char *)buf + done, 0, size - done);	/* a hole that the file ends with */
	return size;
}

static off_t spill_hole(struct node *n, off_t off, bool data)
{
	const struct spill *s = n->priv;
	off_t r;

	if (off >= n->size)
		return -ENXIO;
	r = lseek(s->fd, n->arg + off, data ? SEEK_DATA : SEEK_HOLE);
	if (r < 0 && errno != ENXIO)
		return -errno;
	if (r < 0)
		return data ? -ENXIO : off;
	if (r - (off_t)n->arg < n->size)
		return r - n->arg;
	return data ? -ENXIO : n->size;
}

static const struct payload_ops spilled = { .pread = spill_pread, .hole = spill_hole };

/* A header may say anything: what cannot fit is not begun. */
int spill_begin(struct spill *s, struct node *n, off_t size, struct err *e)
{
	struct statvfs st;

	if (s->fd < 0)
		s->fd = spill_file(e);
	if (s->fd < 0)
		return e->code;
	if (size > PAGE && !fstatvfs(s->fd, &st) && (uint64_t)size / st.f_frsize > st.f_bavail)
		return spill_full(-ENOSPC, e);
	n->kind = NODE_PAYLOAD;
	n->ops = &spilled;
	n->priv = s;
	n->arg = s->end;
	return 0;
}

int spill_write(struct spill *s, const struct node *n, const void *buf, size_t len, off_t off, struct err *e)
{
	const char *p = buf;
	ssize_t w;

	for (; len; p += w, off += w, len -= w) {
		w = pwrite(s->fd, p, len, n->arg + off);
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w <= 0)
			return spill_full(w < 0 ? -errno : -ENOSPC, e);
	}
	return 0;
}

void spill_done(struct spill *s, struct node *n, off_t size)
{
	n->size = size;
	s->end = n->arg + ((size + PAGE - 1) & -(off_t)PAGE);
}

bool spill_has(const struct node *n)
{
	return n->ops == &spilled;
}

void spill_free(struct spill *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
