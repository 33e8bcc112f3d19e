// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An archive being written: what plain tar would have made of a mount, compressed if asked for.
 *
 * The output is never seeked.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "sink.h"

#define RECORD 10240	/* tar's, of which an archive has a whole number */
#define PIPE (1 << 20)	/* what anybody may ask for, if it is one */

static int archive_failed(struct sink *s, struct err *e)
{
	const char *why = archive_error_string(s->a);
	int r = s->failed ? s->failed : -archive_errno(s->a);

	if (s->failed == -EINTR && interrupted(e))
		return fail_on(e, r, s->name, "write the archive");
	if (s->failed == -EPIPE)
		return fail_on(e, r, s->name, "write the archive: its reader has gone");
	if (s->failed)
		return fail_on(e, r, s->name, "write the archive: %s",
			       r == -ENOSPC ? "make room for it" : "try again");
	return fail_on(e, r < 0 && r > -4096 ? r : -EIO, s->name, "%s: try without compression",
		       why ? why : "write the archive");
}

/* Pieces of what is to be written that have gone are taken off @v. Return: is there more? */
static bool take_off(struct iovec *v, size_t n, size_t gone)
{
	size_t i, k;
	bool more = false;

	for (i = 0; i < n; i++) {
		k = gone < v[i].iov_len ? gone : v[i].iov_len;
		v[i].iov_base = (char *)v[i].iov_base + k;
		v[i].iov_len -= k;
		gone -= k;
		more = more || v[i].iov_len;
	}
	return more;
}

/* What is gathered, and then @buf */
static int write_all(struct sink *s, const void *buf, size_t size)
{
	struct iovec v[] = { { s->gather, s->gathered }, { (void *)buf, size } };
	struct err e = { .code = 0 };
	bool more = s->gathered || size;
	ssize_t w;

	while (more) {
		w = interrupted(&e) ? -1 : writev(s->out.fd, v, 2);
		if (w < 0 && !e.code && errno == EINTR)
			continue;
		if (w <= 0) {
			s->failed = e.code ? e.code : w < 0 ? -errno : -ENOSPC;
			return s->failed;
		}
		more = take_off(v, 2, w);
	}
	s->sent += s->gathered + size;
	s->gathered = 0;
	return 0;
}

static int write_fd(void *arg, const void *buf, size_t size)
{
	struct sink *s = arg;

	if (size > SINK_GATHER - s->gathered)
		return write_all(s, buf, size);
	memcpy(s->gather + s->gathered, buf, size);
	s->gathered += size;
	return 0;
}

static la_ssize_t write_out(struct archive *a, void *arg, const void *buf, size_t size)
{
	struct sink *s = arg;
	int r = s->squeezing ? squeeze_add(&s->squeeze, buf, size) : write_fd(s, buf, size);

	if (!r)
		return size;
	s->failed = r;
	archive_set_error(a, -r, "writing");
	return -1;
}

/* One thread needs no frames of ours. */
static bool wants_squeeze(const struct sink *s)
{
	return s->filter && !strcmp(s->filter, "zstd") && (s->index || s->threads > 1);
}

/* zstd says only when a level is used that there is none such. */
static bool is_level(const struct sink *s)
{
	struct archive *a;
	bool ok;

	if (!strcmp(s->filter, "zstd"))
		return *s->level && strspn(s->level, "0123456789-") == strlen(s->level) && abs(atoi(s->level)) <= 22;
	a = archive_write_new();
	ok = a && archive_write_add_filter_by_name(a, s->filter) >= ARCHIVE_WARN && *s->level &&
	     archive_write_set_filter_option(a, s->filter, "compression-level", s->level) == ARCHIVE_OK;
	archive_write_free(a);
	return ok;
}

const char *sink_wrong(const struct sink *s)
{
	static char why[64];

	if (!s->level || is_level(s))
		return NULL;
	snprintf(why, sizeof(why), "--%s: it has no level %.20s", s->filter, s->level);
	return why;
}

static int start_squeeze(struct sink *s, struct err *e)
{
	int r;

	s->squeeze.level = s->level;
	s->squeeze.write = write_fd;
	s->squeeze.arg = s;
	s->squeezing = true;
	r = squeeze_start(&s->squeeze, s->threads);
	return r < 0 ? fail_on(e, r, s->name, "threads to compress it: raise the limit") : 0;
}

int sink_place(struct sink *s, struct err *e)
{
	struct stat st;

	s->out = (struct aside){ .name = s->name, .fd = -1 };
	s->placed = true;
	if (!strcmp(s->name, "-")) {
		if (isatty(STDOUT_FILENO))
			return fail_on(e, -EINVAL, s->name, "an archive on a terminal: name a file with -f");
		s->out.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return s->out.fd < 0 ? fail_on(e, -errno, s->name, "make the archive") : 0;
	}
	return stat(s->name, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? aside_file(&s->out, s->name, e) : 0;
}

static int open_file(struct sink *s, struct err *e)
{
	int r = s->placed ? 0 : sink_place(s, e);

	if (!r && s->out.fd < 0)
		r = aside_file(&s->out, s->name, e);
	if (r < 0)
		return r;
	fcntl(s->out.fd, F_SETPIPE_SZ, PIPE);
	return 0;
}

static int set_filter(struct sink *s, struct err *e)
{
	char threads[16];

	if (s->format)	/* an mtree has no content, and can at least say what it was */
		archive_write_set_format_option(s->a, "mtree", "sha256", "1");
	if (wants_squeeze(s))
		return start_squeeze(s, e);
	if (!s->filter)
		return 0;
	if (archive_write_add_filter_by_name(s->a, s->filter) < ARCHIVE_WARN)
		return archive_failed(s, e);
	if (s->level)
		archive_write_set_filter_option(s->a, s->filter, "compression-level", s->level);
	snprintf(threads, sizeof(threads), "%d", s->threads);
	/* Where the filter knows no threads it works in one; the tasks are read in others all the same. */
	archive_write_set_filter_option(s->a, s->filter, "threads", threads);
	return 0;
}

int sink_open(struct sink *s, struct err *e)
{
	struct passwd *pw = getpwuid(getuid());
	struct group *gr = getgrgid(getgid());
	int r = open_file(s, e);

	if (r < 0)
		return r;
	s->a = archive_write_new();
	s->ae = archive_entry_new();
	if (!s->a || !s->ae)
		return fail(e, -ENOMEM, "memory to write it");
	s->user = pw ? strdup(pw->pw_name) : NULL;
	s->group = gr ? strdup(gr->gr_name) : NULL;
	if (!s->format)
		archive_write_set_format_pax_restricted(s->a);
	else if (archive_write_set_format_by_name(s->a, s->format) != ARCHIVE_OK)
		return archive_failed(s, e);
	archive_write_set_bytes_per_block(s->a, 0);	/* it would copy what is large to have all blocks alike */
	r = set_filter(s, e);
	if (!r && archive_write_open(s->a, s, NULL, write_out, NULL) != ARCHIVE_OK)
		r = archive_failed(s, e);
	return r;
}

static int header(struct sink *s, const char *path, mode_t mode, off_t size, struct timespec mtime,
		  struct err *e)
{
	if (s->format && !strcmp(s->format, "mtree") && !strcmp(path, "./"))
		path = ".";	/* else it would be "/.", which libarchive does not read */
	archive_entry_clear(s->ae);
	archive_entry_set_pathname(s->ae, path);
	archive_entry_set_mode(s->ae, mode);
	archive_entry_set_size(s->ae, size);
	archive_entry_set_mtime(s->ae, mtime.tv_sec, 0);
	archive_entry_set_uid(s->ae, getuid());
	archive_entry_set_gid(s->ae, getgid());
	archive_entry_set_uname(s->ae, s->user);
	archive_entry_set_gname(s->ae, s->group);
	return archive_write_header(s->a, s->ae) < ARCHIVE_WARN ? archive_failed(s, e) : 0;
}

int sink_dir(struct sink *s, const char *path, struct timespec mtime, struct err *e)
{
	return header(s, path, S_IFDIR | 0500, 0, mtime, e);
}

int sink_file(struct sink *s, const char *path, off_t size, struct timespec mtime, struct err *e)
{
	return header(s, path, S_IFREG | 0400, size, mtime, e);
}

int sink_data(struct sink *s, const void *buf, size_t size, struct err *e)
{
	if (!size)
		return 0;
	return archive_write_data(s->a, buf, size) != (la_ssize_t)size ? archive_failed(s, e) : 0;
}

int sink_mark(struct sink *s, struct err *e)
{
	int r;

	if (!s->index || !s->squeezing)
		return 0;
	if (archive_write_finish_entry(s->a) < ARCHIVE_WARN)
		return archive_failed(s, e);
	r = squeeze_cut(&s->squeeze);
	s->failed = r;
	return r < 0 ? archive_failed(s, e) : 0;
}

static int pad(struct sink *s)
{
	static const char zeros[RECORD];
	size_t n = (s->sent + s->gathered) % RECORD;

	return s->filter || s->format || !n ? 0 : write_fd(s, zeros, RECORD - n);
}

static int finish(struct sink *s, struct err *e)
{
	int r = 0;

	if (archive_write_close(s->a) != ARCHIVE_OK)
		return archive_failed(s, e);
	if (s->squeezing)
		r = s->failed = squeeze_end(&s->squeeze, s->index);
	r = r ?: pad(s) ?: write_all(s, "", 0);
	return r < 0 ? archive_failed(s, e) : 0;
}

int sink_done(struct sink *s, struct err *e)
{
	int r = finish(s, e);

	return r < 0 ? r : aside_done(&s->out, 0, e);
}

void sink_close(struct sink *s)
{
	struct err e = { .code = 0 };

	if (s->a) {
		archive_write_fail(s->a);
		archive_write_free(s->a);
	}
	if (s->squeezing)
		squeeze_stop(&s->squeeze);
	if (s->ae)
		archive_entry_free(s->ae);
	if (s->placed)
		aside_done(&s->out, -ECANCELED, &e);
	free(s->user);
	free(s->group);
	s->user = s->group = NULL;
	s->a = NULL;
	s->ae = NULL;
}
