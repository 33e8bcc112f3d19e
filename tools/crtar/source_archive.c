// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An archive as a tree: texts in memory, payloads as whoever asks wants them.
 *
 * Everything that libarchive can read, but for mtree, which would open files of this machine that
 * the archive names. An archive is read once, from its beginning to its end; of one that is not compressed,
 * in a file, pages may stay where they are, and of others they are held aside where they are needed (spill.c).
 */
#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/format.h>

#include "feeder.h"
#include "hash.h"
#include "reading.h"

#define BLOCK (1 << 20)
#define PIPE (1 << 20)		/* what anybody may ask for */
#define HEADERS (4 << 10)	/* where little but headers is read: of each extent as much */

/** struct intake - a member while its bytes come */
struct intake {
	struct source *s;
	struct node *n;
	bool keep;
	off_t done;
	struct hash hash[2];
	unsigned int hashes;
};

static int from_archive(struct archive *a, struct err *e)
{
	int r = archive_errno(a);
	const char *why = archive_error_string(a);

	if (r == EINTR && interrupted(e))
		return e->code;
	r = r > 0 && r < 4096 ? -r : -EBADMSG;
	return fail(e, r, "%s: " BAD, why ? why : "read it");
}

static int open_archive(int fd, size_t block, struct archive **out, struct err *e)
{
	struct archive *a = archive_read_new();

	if (!a)
		return fail(e, -ENOMEM, "memory to read it");
	*out = a;
	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_xar(a);
	archive_read_support_format_iso9660(a);
	archive_read_support_format_cab(a);
	/* What stands behind the end would else be passed over: two archives, one after the other. */
	archive_read_set_option(a, "tar", "read_concatenated_archives", "1");
	return input_open(a, fd, block) != ARCHIVE_OK ? from_archive(a, e) : 0;
}

static void hash_all(struct intake *in, const void *buf, size_t len)
{
	unsigned int i;

	for (i = 0; i < in->hashes; i++)
		hash_add(&in->hash[i], buf, len);
}

/* A hole is zeros to the digest; it costs time and no memory. */
static int skip_hole(struct intake *in, off_t to, struct err *e)
{
	static const char zeros[64 << 10];
	size_t n;

	if (to < in->done)
		return fail(e, -EBADMSG, "its parts overlap: " BAD);
	if ((uint64_t)(to - in->done) > in->s->holes)
		return fail(e, -EFBIG, "holes larger than the memory of this machine: is this a checkpoint");
	in->s->holes -= to - in->done;
	while (in->done < to) {
		n = to - in->done < (off_t)sizeof(zeros) ? to - in->done : (off_t)sizeof(zeros);
		hash_all(in, zeros, n);
		in->done += n;
	}
	return 0;
}

static int take_block(struct intake *in, const void *buf, size_t len, off_t off, struct err *e)
{
	int r = off == in->done ? 0 : skip_hole(in, off, e);

	if (r < 0)
		return r;
	hash_all(in, buf, len);
	if (in->s->tap && (r = in->s->tap(in->s, in->n, buf, len, off, e)) < 0)
		return r;
	in->done += len;
	if (!in->keep || !len)
		return 0;
	if (in->n->kind == NODE_PAYLOAD && spill_has(in->n))
		return spill_write(&in->s->reading->spill, in->n, buf, len, off, e);
	if (source_room(in->s, len, e) < 0)
		return e->code;
	r = stage_write(&in->s->stage, in->n, buf, len, off);
	return r < 0 ? fail(e, r, "memory for what is in it: free some") : 0;
}

static int begin_hashes(struct intake *in, struct err *e)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < 2 && !r; i++)
		if (in->s->algorithms & 1 << i && in->s->bytes != BYTES_NONE)
			r = hash_begin(&in->hash[in->hashes++], i);
	return r < 0 ? fail(e, r, "begin a digest") : 0;
}

static void end_hashes(struct intake *in, bool ok)
{
	struct member *m = in->n->front;
	uint8_t digest[CRFS_DIGEST_MAX];
	unsigned int i;

	for (i = 0; i < in->hashes; i++) {
		memset(digest, 0, sizeof(digest));
		hash_end(&in->hash[i], digest);
		if (!ok)
			continue;
		if (in->n->digest_known) {
			m->sha = pool_alloc(&in->s->pool, sizeof(digest));
			if (m->sha)	/* else it is read again, or, if it has gone by, differs from any */
				memcpy(m->sha, digest, sizeof(digest));
			continue;
		}
		memcpy(in->n->digest, digest, sizeof(digest));
		m->algorithm = in->hash[i].algorithm;
		in->n->digest_known = true;
	}
}

static int take_bytes(struct intake *in, struct archive *a, off_t size, struct err *e)
{
	const void *buf;
	size_t len;
	la_int64_t off;
	int r = begin_hashes(in, e), got = ARCHIVE_OK;

	while (!r && !(r = interrupted(e))) {
		got = archive_read_data_block(a, &buf, &len, &off);
		if (got == ARCHIVE_RETRY)
			continue;
		if (got == ARCHIVE_EOF)
			break;
		r = got < ARCHIVE_WARN ? from_archive(a, e) : take_block(in, buf, len, off, e);
		progress_at(&in->s->progress, archive_filter_bytes(a, -1));
	}
	if (!r && size > in->done)
		r = skip_hole(in, size, e);
	if (!r && in->keep && !spill_has(in->n) && in->n->size < size &&
	    stage_resize(&in->s->stage, in->n, size) < 0)
		r = fail(e, -ENOMEM, "memory for what is in it: free some");
	end_hashes(in, !r);
	return r;
}

static ssize_t no_bytes(struct node *n, void *buf, size_t size, off_t off)
{
	(void)n; (void)buf; (void)size; (void)off;
	return -ENODATA;	/* it went by, and was not asked for */
}

static const struct payload_ops passed_by = { .pread = no_bytes };

static int feed_page(struct source *s, struct node *n, off_t size, struct err *e)
{
	struct intake in = { .s = s, .n = n };
	const void *buf = NULL;
	char *room = NULL;
	la_int64_t off;
	size_t len;
	int got, r;

	if (size <= 0 || size > (off_t)CRFS_EXTENT_SIZE)
		return fail(e, -EINVAL, "not an extent of whole pages");
	room = feeder_room(s->feeder);
	r = room ? interrupted(e) : fail(e, -ECANCELED, "put it in place");
	while (!r && in.done < size) {
		got = archive_read_data_block(s->reading->a, &buf, &len, &off);
		if (got == ARCHIVE_RETRY)
			continue;
		if (got == ARCHIVE_EOF)
			break;
		if (got < ARCHIVE_WARN)
			r = from_archive(s->reading->a, e);
		else if (off < in.done || off > size || len > (size_t)(size - off))
			r = fail(e, -EBADMSG, "its parts overlap: " BAD);
		if (r < 0)
			break;
		memset(room + in.done, 0, off - in.done);
		memcpy(room + off, buf, len);
		in.done = off + len;
	}
	if (r < 0)
		return r;
	memset(room + in.done, 0, size - in.done);
	progress_at(&s->progress, archive_filter_bytes(s->reading->a, -1));
	n->size = size;
	feeder_give(s->feeder, n, room, size);
	return 0;
}

static int take_whole(struct source *s, struct node *n, off_t size, bool sized, struct err *e)
{
	struct intake in = { .s = s, .n = n };
	int r = 0;

	in.keep = n->kind == NODE_TEXT || s->bytes == BYTES_KEEP || (s->keep && s->keep(s, n));
	if (in.keep && n->kind == NODE_PAYLOAD)
		r = spill_begin(&s->reading->spill, n, size, e);
	else if (in.keep && (uint64_t)size > s->budget)
		r = source_room(s, size, e);
	if (r < 0)
		return r;
	if (!in.keep && !s->tap && s->bytes == BYTES_NONE && sized)
		in.done = size;
	else
		r = take_bytes(&in, s->reading->a, size, e);
	if (spill_has(n)) {
		spill_done(&s->reading->spill, n, in.done);
	} else if (in.keep) {
		stage_settle(&s->stage, n);
	} else {
		n->size = in.done;
		n->ops = &passed_by;
	}
	return r;
}

int archive_file(struct source *s, struct archive_entry *ae, struct node *n, struct err *e)
{
	bool sized = archive_entry_size_is_set(ae), page = source_is_page(n);
	off_t size = sized ? archive_entry_size(ae) : 0;

	stage_kind(&s->stage, n);
	if (size < 0)
		return fail(e, -EBADMSG, "a size below zero: " BAD);
	if (n->kind == NODE_PAYLOAD && s->reading->apart && !archive_entry_sparse_count(ae))
		return apart_file(s, n, size, e);
	if (page && s->feeder)
		return feed_page(s, n, size, e);
	if (s->feeder && strcmp(n->name, CRFS_MANIFEST))
		return fail(e, -EINVAL, "it stands behind pages: unpack the archive, and restore the directory");
	return take_whole(s, n, size, sized, e);
}

/* What it is, if it is neither file nor directory */
static const char *foreign(struct archive_entry *ae)
{
	if (archive_entry_hardlink(ae))
		return "a hard link";
	switch (archive_entry_filetype(ae)) {
	case AE_IFREG:
	case AE_IFDIR:
		return NULL;
	case AE_IFLNK:
		return "a symbolic link";
	case AE_IFIFO:
		return "a FIFO";
	case AE_IFSOCK:
		return "a socket";
	case AE_IFCHR:
	case AE_IFBLK:
		return "a device";
	default:
		return "neither file nor directory";
	}
}

static int take_member(struct source *s, struct archive_entry *ae, struct err *e)
{
	const char *path = archive_entry_pathname(ae), *what = foreign(ae);
	bool dir = !what && archive_entry_filetype(ae) == AE_IFDIR;
	struct node *n;
	int r;

	if (!path)
		return fail(e, -EINVAL, "a member whose name cannot be read: is this a checkpoint");
	if (what)
		return fail_on(e, -EINVAL, path, "%s: a checkpoint has files and directories only", what);
	r = source_place(s, path, dir, &n, e);
	if (!r && !dir)
		r = archive_file(s, ae, n, e);
	if (!r) {	/* staging has dated it */
		n->mtime.tv_sec = archive_entry_mtime(ae);
		n->mtime.tv_nsec = archive_entry_mtime_nsec(ae);
	}
	return r < 0 ? fail_on(e, r, path, "read it") : 0;
}

/* The page that all reading up to here was for: what is fed must know all else. */
static bool is_first(const struct source *s, struct archive_entry *ae)
{
	const char *path = archive_entry_pathname(ae), *dir;

	if (!s->pauses || s->reading->apart || archive_entry_filetype(ae) != AE_IFREG || !path)
		return false;
	dir = strstr(path, CRFS_MMS "/");
	return dir && strstr(dir, "/pages/");
}

static int take_all(struct source *s, struct err *e)
{
	struct archive_entry *ae = s->reading->first;
	int got, r = 0;
	size_t frame;

	s->reading->first = NULL;
	if (ae)
		r = take_member(s, ae, e);
	while (!r && !(r = interrupted(e))) {
		got = archive_read_next_header(s->reading->a, &ae);
		if (got == ARCHIVE_EOF)
			break;
		if (got == ARCHIVE_RETRY)
			continue;
		if (got >= ARCHIVE_WARN && is_first(s, ae)) {
			frame = s->reading->index ?
				index_at(s->reading->index, archive_read_header_position(s->reading->a)) : 0;
			if (frame)
				return apart_index(s, frame, e);
			s->reading->first = ae;
			break;
		}
		r = got < ARCHIVE_WARN ? from_archive(s->reading->a, e) : take_member(s, ae, e);
	}
	return r;
}

/* Digests of what can be read but once are taken both ways, before the manifest says which. */
static void choose_digests(struct source *s, int fd)
{
	struct stat st;

	if (s->algorithms)
		return;
	s->algorithms = 1 << CRFS_XXH64;
	if (s->bytes == BYTES_DIGEST &&
	    (!strcmp(s->name, "-") || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		s->algorithms = SOURCE_BOTH;
}

/* Can every byte of its members be found in the file? */
static bool is_plain(int fd)
{
	struct err e = { .code = 0 };
	struct archive_entry *ae;
	struct archive *a = NULL;
	bool plain;

	plain = !open_archive(fd, HEADERS, &a, &e) && archive_read_next_header(a, &ae) >= ARCHIVE_WARN &&
		archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE &&
		(archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
	if (a)
		archive_read_free(a);
	return lseek(fd, 0, SEEK_SET) == 0 && plain;
}

static int begin(struct source *s, struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct stat st;

	if (!r)
		return fail(e, -ENOMEM, "memory to read it");
	s->reading = r;
	r->spill.fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	r->fd = strcmp(s->name, "-") ? open(s->name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (r->fd < 0)
		return fail(e, -errno, "open it");
	if (isatty(r->fd))
		return fail(e, -EINVAL, "an archive from a terminal: name a file");
	fcntl(r->fd, F_SETPIPE_SZ, PIPE);	/* of 64 KiB, who writes and who reads it would wait for each other all the time */
	if (s->offset && lseek(r->fd, s->offset, SEEK_SET) < 0)
		return fail(e, -errno, "go to where the archive begins");
	choose_digests(s, r->fd);
	if (!fstat(r->fd, &st) && S_ISREG(st.st_mode)) {
		r->size = st.st_size;
		s->progress.total = st.st_size - s->offset;
		r->apart = s->apart && lseek(r->fd, 0, SEEK_CUR) == 0 && is_plain(r->fd);
		r->index = s->pauses && !r->apart && !s->offset ? index_read(r->fd, r->size) : NULL;
	}
	return open_archive(r->fd, r->apart || s->bytes == BYTES_NONE ? HEADERS : BLOCK, &r->a, e);
}

static int go_on(struct source *s, int r, struct err *e)
{
	if (!r)
		r = take_all(s, e);
	if (r < 0 || !archive_paused(s))
		progress_end(&s->progress);
	return r < 0 ? fail_on(e, r, s->name, "read the archive") : 0;
}

int archive_load(struct source *s, struct err *e)
{
	return go_on(s, begin(s, e), e);
}

bool archive_paused(const struct source *s)
{
	return s->reading && s->reading->first;
}

int archive_more(struct source *s, struct err *e)
{
	s->pauses = false;
	return go_on(s, 0, e);
}

bool archive_has_fd(const struct source *s, int fd)
{
	return s->reading && s->reading->fd == fd;
}

bool source_anywhere(const struct source *s)
{
	return s->kind == SOURCE_DIR || (s->reading && s->reading->apart);
}

void archive_close(struct source *s)
{
	if (!s->reading)
		return;
	if (s->reading->a)
		archive_read_free(s->reading->a);
	if (s->reading->fd >= 0)
		close(s->reading->fd);
	spill_free(&s->reading->spill);
	index_free(s->reading->index);
	free(s->reading->bytes);
	free(s->reading);
	s->reading = NULL;
}
