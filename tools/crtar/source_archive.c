// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An archive as a tree: texts in memory, payloads as whoever asks wants them.
 *
 * Everything that libarchive can read, but for mtree, which would open files of this machine that
 * the archive names. An archive is read once, from its beginning to its end, and never stored.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "hash.h"
#include "source.h"

#define BLOCK (1 << 20)
#define BAD "name an archive that is whole"

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

	r = r > 0 && r < 4096 ? -r : -EBADMSG;
	return fail(e, r, "%s: " BAD, why ? why : "read it");
}

static int open_archive(struct source *s, int fd, struct archive **out, struct err *e)
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
	if (archive_read_open_fd(a, fd, BLOCK) != ARCHIVE_OK)
		return from_archive(a, e);
	(void)s;
	return 0;
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
	ssize_t w;
	int r = off == in->done ? 0 : skip_hole(in, off, e);

	if (r < 0)
		return r;
	hash_all(in, buf, len);
	if (in->s->tap && (r = in->s->tap(in->s, in->n, buf, len, off)) < 0)
		return fail(e, r, "memory for what is known of it");
	in->done += len;
	if (!in->keep || !len)
		return 0;
	if (source_room(in->s, len, e) < 0)
		return e->code;
	w = stage_write(&in->s->stage, in->n, buf, len, off);
	return w < 0 ? fail(e, w, "memory for what is in it: free some") : 0;
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
			memcpy(m->sha, digest, sizeof(digest));
			m->has_sha = true;
			continue;
		}
		memcpy(in->n->digest, digest, sizeof(digest));
		m->f.algorithm = in->hash[i].algorithm;
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
	if (!r && in->keep && in->n->size < size && stage_resize(&in->s->stage, in->n, size) < 0)
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

static int take_file(struct source *s, struct archive *a, struct archive_entry *ae, struct node *n,
		     struct err *e)
{
	struct intake in = { .s = s, .n = n };
	off_t size = archive_entry_size_is_set(ae) ? archive_entry_size(ae) : 0;
	int r = 0;

	stage_kind(&s->stage, n);
	in.keep = n->kind == NODE_TEXT || s->bytes == BYTES_KEEP || (s->keep && s->keep(s, n));
	if (size < 0)
		return fail(e, -EBADMSG, "a size below zero: " BAD);
	if (in.keep && (uint64_t)size > s->budget)
		return source_room(s, size, e);
	if (in.keep && n->kind == NODE_PAYLOAD)
		r = stage_open(&s->stage, n);
	if (r < 0)
		return fail(e, r, "memory for what is in it: free some");
	if (!in.keep && !s->tap && s->bytes == BYTES_NONE && archive_entry_size_is_set(ae))
		in.done = size;
	else
		r = take_bytes(&in, a, size, e);
	if (in.keep) {
		stage_settle(&s->stage, n);
	} else {
		n->size = in.done;
		n->ops = &passed_by;
	}
	return r;
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

static int take_member(struct source *s, struct archive *a, struct archive_entry *ae, struct err *e)
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
		r = take_file(s, a, ae, n, e);
	if (!r) {	/* staging has dated it */
		n->mtime.tv_sec = archive_entry_mtime(ae);
		n->mtime.tv_nsec = archive_entry_mtime_nsec(ae);
	}
	return r < 0 ? fail_on(e, r, path, "read it") : 0;
}

static int take_all(struct source *s, struct archive *a, struct err *e)
{
	struct archive_entry *ae;
	int got, r = 0;

	while (!r && !(r = interrupted(e))) {
		got = archive_read_next_header(a, &ae);
		if (got == ARCHIVE_EOF)
			break;
		if (got == ARCHIVE_RETRY)
			continue;
		r = got < ARCHIVE_WARN ? from_archive(a, e) : take_member(s, a, ae, e);
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

int archive_load(struct source *s, struct err *e)
{
	int fd = strcmp(s->name, "-") ? open(s->name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct archive *a = NULL;
	struct stat st;
	int r;

	if (fd < 0)
		return fail_on(e, -errno, s->name, "open it");
	if (s->offset && lseek(fd, s->offset, SEEK_SET) < 0) {
		r = fail_on(e, -errno, s->name, "go to where the archive begins");
		close(fd);
		return r;
	}
	choose_digests(s, fd);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		s->progress.total = st.st_size - s->offset;
	r = open_archive(s, fd, &a, e);
	if (!r)
		r = take_all(s, a, e);
	progress_end(&s->progress);
	if (a)
		archive_read_free(a);
	close(fd);
	return r < 0 ? fail_on(e, r, s->name, "read the archive") : 0;
}
