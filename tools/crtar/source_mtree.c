// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An mtree as a tree: the list says what belongs to the checkpoint, and a directory has it.
 *
 * The list never names a file of this machine by itself: each name is looked up below the directory
 * that the user gave (source.contents), and libarchive is not allowed to open what `contents` names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "hash.h"
#include "reading.h"
#include "source.h"

static int from_mtree(struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	return fail(e, -EBADMSG, "%s: name an mtree that is whole", why ? why : "read it");
}

/* Sizes and digests of the list, where it has them. */
static int compare(struct archive_entry *ae, struct node *n, struct err *e)
{
	const unsigned char *want = archive_entry_digest(ae, ARCHIVE_ENTRY_DIGEST_SHA256);
	static const unsigned char none[32];
	uint8_t digest[CRFS_DIGEST_MAX];
	off_t len;
	int r;

	if (archive_entry_size_is_set(ae) && archive_entry_size(ae) != n->size)
		return fail(e, -EBADMSG, "%jd bytes, and the list says %jd: name the directory that it was made of",
			    (intmax_t)n->size, (intmax_t)archive_entry_size(ae));
	if (!want || !memcmp(want, none, sizeof(none)))
		return 0;
	r = hash_node(n, CRFS_SHA256, digest, &len);
	if (r < 0)
		return fail(e, r, "digest it");
	return memcmp(want, digest, sizeof(none)) ?
	       fail(e, -EBADMSG, "it is not what the list says: name the directory that it was made of") : 0;
}

static int take_line(struct source *s, struct archive_entry *ae, struct err *e)
{
	const char *path = archive_entry_pathname(ae);
	bool dir = archive_entry_filetype(ae) == AE_IFDIR;
	struct node *n;
	int r;

	if (!path)
		return fail(e, -EINVAL, "a line whose name cannot be read: is this a checkpoint");
	if (!dir && archive_entry_filetype(ae) != AE_IFREG)
		return fail_on(e, -EINVAL, path, "neither file nor directory: a checkpoint has no others");
	r = source_place(s, path, dir, &n, e);
	if (!r)
		n->mtime.tv_sec = archive_entry_mtime(ae);
	if (!r && !dir)
		r = dir_file(s, n, e);
	if (!r && !dir)
		r = compare(ae, n, e);
	return r < 0 ? fail_on(e, r, path, "read it") : 0;
}

int mtree_load(struct source *s, struct err *e)
{
	int fd = strcmp(s->name, "-") ? open(s->name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct archive *a = fd < 0 ? NULL : archive_read_new();
	struct archive_entry *ae;
	int got = ARCHIVE_OK, r = 0;

	if (fd < 0)
		return fail_on(e, -errno, s->name, "open it");
	if (!a)
		r = fail(e, -ENOMEM, "memory to read it");
	if (!r) {
		archive_read_support_filter_all(a);
		archive_read_support_format_mtree(a);
		if (input_open(a, fd, 64 << 10) != ARCHIVE_OK)
			r = from_mtree(a, e);
	}
	while (!r && !(r = interrupted(e)) && (got = archive_read_next_header(a, &ae)) != ARCHIVE_EOF)
		r = got < ARCHIVE_WARN ? from_mtree(a, e) : take_line(s, ae, e);
	if (a)
		archive_read_free(a);
	close(fd);
	return r < 0 ? fail_on(e, r, s->name, "read the mtree") : 0;
}
