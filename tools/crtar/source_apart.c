// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that stay in the archive's file until they are needed, in whatever order: of an archive that is not
 * compressed, or by its seek table.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/format.h>

#include "reading.h"

/* Of a file that is read anywhere */
static ssize_t apart_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct source *s = n->priv;
	size_t done = 0;
	ssize_t r = 1;

	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	for (; done < size && r > 0; done += r > 0 ? r : 0)
		r = pread(s->reading->fd, (char *)buf + done, size - done, n->arg + off + done);
	return r < 0 ? -errno : done < size ? -ENODATA : (ssize_t)done;
}

static const struct payload_ops apart = { .pread = apart_pread };

/* Its bytes are one piece of the file, which begins where what was read of it ends. */
int apart_file(struct source *s, struct node *n, off_t size, struct err *e)
{
	n->kind = NODE_PAYLOAD;
	n->ops = &apart;
	n->priv = s;
	n->arg = archive_filter_bytes(s->reading->a, 0);
	n->size = size;
	if (size > s->reading->size - (off_t)n->arg)
		return fail(e, -EBADMSG, "the archive ends in it: " BAD);
	return 0;
}

/* Whoever reads all of it at once needs no copy of it kept. */
static ssize_t frame_pread(struct node *n, void *buf, size_t size, off_t off)
{
	struct reading *r = ((const struct source *)n->priv)->reading;
	int rc = 0;

	if (off < 0 || off >= n->size)
		return 0;
	if (!off && size >= (size_t)n->size)
		return index_page(r->index, r->fd, n->arg, n, buf) ?: n->size;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	pthread_mutex_lock(&r->lock);
	if (r->last != n) {
		r->last = NULL;
		r->bytes = r->bytes ? r->bytes : malloc(CRFS_EXTENT_SIZE);
		rc = r->bytes ? index_page(r->index, r->fd, n->arg, n, r->bytes) : -ENOMEM;
	}
	if (!rc) {
		r->last = n;
		memcpy(buf, r->bytes + off, size);
	}
	pthread_mutex_unlock(&r->lock);
	return rc ? rc : (ssize_t)size;
}

static const struct payload_ops in_frame = { .pread = frame_pread };

/* Frame @last begins with the manifest, which is all there is; the archive that the reading is of is that for a while. */
static int take_manifest(struct source *s, size_t last, struct node **manifest, struct err *e)
{
	struct reading *r = s->reading;
	struct archive *whole = r->a;
	struct archive_entry *ae;
	const char *path, *name;
	void *buf;
	int rc = index_open(r->index, r->fd, last, r->index->nr, &r->a, &buf);

	if (rc) {
		r->a = whole;
		return -EBADMSG;
	}
	rc = archive_read_next_header(r->a, &ae) < ARCHIVE_WARN ? -EBADMSG : 0;
	path = rc ? NULL : archive_entry_pathname(ae);
	name = path ? strrchr(path, '/') : NULL;
	if (!path || strcmp(name ? name + 1 : path, CRFS_MANIFEST) || archive_entry_filetype(ae) != AE_IFREG)
		rc = -EBADMSG;
	if (!rc)
		rc = source_place(s, path, false, manifest, e) ?: archive_file(s, ae, *manifest, e);
	archive_read_free(r->a);
	free(buf);
	r->a = whole;
	return rc;
}

static int place_page(struct source *s, const struct node *top, const struct crfs_digest *line, size_t frame,
		      struct err *e)
{
	char path[2 * PATH_MAX], root[PATH_MAX];
	struct node *n;
	int rc;

	snprintf(path, sizeof(path), "%s%s%.*s", tree_path(top, NULL, root, sizeof(root)), *top->name ? "/" : "",
		 (int)line->path.len, line->path.p);
	rc = source_place(s, path, false, &n, e);
	if (rc < 0)
		return rc;
	n->kind = NODE_PAYLOAD;
	n->ops = &in_frame;
	n->priv = s;
	n->arg = frame;
	n->size = index_page_size(s->reading->index, frame);
	return n->size ? 0 : -EBADMSG;
}

static bool is_page_line(const struct crfs_digest *line)
{
	static const char mms[] = CRFS_MMS "/";
	const char *p = line->path.p, *end = p + line->path.len;

	if (line->path.len < sizeof(mms) || memcmp(p, mms, sizeof(mms) - 1))
		return false;
	p = memchr(p + sizeof(mms) - 1, '/', end - p - sizeof(mms) + 1);
	return p && end - p > 7 && !memcmp(p, "/pages/", 7);
}

/* The frames from the first page's to before the manifest's are the pages that the manifest names. */
int apart_index(struct source *s, size_t frame, struct err *e)
{
	struct node *manifest = NULL;
	struct manifest *m = NULL;
	size_t last = index_last(s->reading->index, frame), i;
	int rc = take_manifest(s, last, &manifest, e) ?: manifest_parse(manifest, &m, e);

	for (i = 0; !rc && i < m->n; i++)
		if (is_page_line(&m->v[i].line))
			rc = frame < last ?
			     place_page(s, manifest->parent, &m->v[i].line, frame++, e) : -EBADMSG;
	if (!rc && frame != last)
		rc = -EBADMSG;
	manifest_free(m);
	s->reading->apart = !rc;
	return rc ? fail(e, rc, "its index is not of it: take it out (zstd -d, zstd)") : 0;
}
