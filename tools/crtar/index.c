// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An archive of zstd frames with a seek table: where in it which member is.
 *
 * The table says where frames begin, and nothing of members. crtar create --index begins one with each
 * page and one with the manifest, so that those are the manifest's pages in its order; what is in a frame
 * is held against that when it is read. The format is that of zstd's contrib/seekable_format.
 */
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive_entry.h>

#include <crfs/extent.h>

#include "index.h"
#include "squeeze.h"

#define FRAME_MAX (1ULL << 30)
#define PAGE 4096

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return le32toh(v);
}

static int read_all(int fd, void *buf, size_t size, off_t at)
{
	size_t done = 0;
	ssize_t r;

	for (; done < size; done += r) {
		r = pread(fd, (char *)buf + done, size - done, at + done);
		if (r <= 0)
			return r < 0 ? -errno : -ENODATA;
	}
	return 0;
}

/* Sizes become places; together they are the file, up to the table. */
static bool add_up(struct index *x, const uint8_t *p, size_t each, off_t end)
{
	struct frame *f = x->frame;
	size_t i;

	for (i = 0; i < x->nr; i++, p += each) {
		if (!get32(p) || get32(p) > FRAME_MAX || get32(p + 4) > FRAME_MAX)
			return false;
		f[i + 1].at = f[i].at + get32(p);
		f[i + 1].from = f[i].from + get32(p + 4);
	}
	return f[x->nr].at == (uint64_t)end;
}

static bool read_table(struct index *x, int fd, off_t size, size_t each)
{
	size_t len = 8 + x->nr * each + SEEK_FOOTER;
	uint8_t *p = (off_t)len < size ? malloc(len) : NULL;
	bool ok = p && !read_all(fd, p, len, size - len) && get32(p) == SEEK_FRAME_MAGIC && get32(p + 4) == len - 8;

	x->frame = ok ? calloc(x->nr + 1, sizeof(*x->frame)) : NULL;
	ok = x->frame && add_up(x, p + 8, each, size - len);
	free(p);
	return ok;
}

struct index *index_read(int fd, off_t size)
{
	struct index *x = calloc(1, sizeof(*x));
	uint8_t foot[SEEK_FOOTER];
	bool ok = x && size > SEEK_FOOTER && !read_all(fd, foot, sizeof(foot), size - SEEK_FOOTER) &&
		  get32(foot + 5) == SEEK_TABLE_MAGIC && !(foot[4] & SEEK_RESERVED);

	if (ok) {
		x->nr = get32(foot);
		ok = x->nr && x->nr < (size_t)size / 8 && read_table(x, fd, size, foot[4] & SEEK_CHECKSUMS ? 12 : 8);
	}
	if (ok)
		return x;
	index_free(x);
	return NULL;
}

void index_free(struct index *x)
{
	if (x)
		free(x->frame);
	free(x);
}

size_t index_at(const struct index *x, uint64_t from)
{
	size_t lo = 0, hi = x->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (x->frame[mid].from < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->nr && x->frame[lo].from == from ? lo : 0;
}

/* A frame that has no room left is gone on with by the next; that of an extent has. */
size_t index_last(const struct index *x, size_t from)
{
	size_t i = x->nr - 1;

	while (i > from && x->frame[i].from - x->frame[i - 1].from == SQUEEZE_FRAME)
		i--;
	return i;
}

int index_open(const struct index *x, int fd, size_t i, size_t end, struct archive **out, void **buf)
{
	size_t size = x->frame[end].at - x->frame[i].at;
	struct archive *a = archive_read_new();
	int rc;

	*buf = malloc(size);
	rc = a && *buf ? read_all(fd, *buf, size, x->frame[i].at) : -ENOMEM;
	if (!rc) {
		archive_read_support_filter_zstd(a);
		archive_read_support_format_tar(a);
		rc = archive_read_open_memory(a, *buf, size) == ARCHIVE_OK ? 0 : -EBADMSG;
	}
	if (!rc) {
		*out = a;
		return 0;
	}
	if (a)
		archive_read_free(a);
	free(*buf);
	*buf = NULL;
	return rc;
}

off_t index_page_size(const struct index *x, size_t i)
{
	off_t size = x->frame[i + 1].from - x->frame[i].from, header = size % PAGE;

	return header && size - header <= (off_t)CRFS_EXTENT_SIZE ? size - header : 0;
}

/* Its header must name it. */
static bool is_it(struct archive_entry *ae, const struct node *n)
{
	const char *path = archive_entry_pathname(ae);
	char want[PATH_MAX];

	if (!path || archive_entry_filetype(ae) != AE_IFREG || archive_entry_size(ae) != n->size)
		return false;
	while (path[0] == '.' && path[1] == '/')
		path += 1 + strspn(path + 1, "/");
	return !strcmp(path, tree_path(n, NULL, want, sizeof(want)));
}

static int take(struct archive *a, char *buf, off_t size)
{
	la_ssize_t r;
	off_t done;

	for (done = 0; done < size; done += r) {
		r = archive_read_data(a, buf + done, size - done);
		if (r <= 0)
			return -EBADMSG;
	}
	return 0;
}

int index_page(const struct index *x, int fd, size_t i, const struct node *n, char *buf)
{
	struct archive_entry *ae;
	struct archive *a;
	void *room;
	int rc = index_open(x, fd, i, i + 1, &a, &room);

	if (rc)
		return rc;
	if (archive_read_next_header(a, &ae) < ARCHIVE_WARN || !is_it(ae, n))
		rc = -EBADMSG;
	rc = rc ?: take(a, buf, n->size);
	archive_read_free(a);
	free(room);
	return rc;
}
