/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive being written: the stream, and the file that appears when it is whole. */
#ifndef CRTAR_SINK_H
#define CRTAR_SINK_H

#include <time.h>

#include "aside.h"
#include "crtar.h"
#include "squeeze.h"
#include "tree.h"

#define SINK_GATHER (32 << 10)

/**
 * struct sink - an archive on its way
 * @name: the file, or "-"
 * @format: libarchive's name of another format than tar's, NULL: tar's
 * @filter, @level: name of libarchive's filter, NULL: none; its level, NULL: the usual
 * @threads: for the filters that can use them
 * @index: so that it can be read at random; sink_mark() says where
 * @squeeze: compresses in place of libarchive's filter, if @squeezing
 * @user, @group: whose the files are: ours, NULL: they have no name
 * @out: where it goes, once it is @placed
 * @gather, @gathered: headers and small files on their way, written with what is large; @sent: bytes before them
 */
struct sink {
	const char *name, *format, *filter, *level;
	int threads;
	bool index, squeezing;
	struct squeeze squeeze;
	struct archive *a;
	struct archive_entry *ae;
	char *user, *group;
	struct aside out;
	bool placed;
	int failed;
	char gather[SINK_GATHER];
	size_t gathered;
	uint64_t sent;
};

/** sink_wrong() - what is wrong with what was asked for, or NULL */
const char *sink_wrong(const struct sink *s);

/**
 * sink_place() - make the file, before anybody is kept waiting for it; sink_open() - begin it
 * What is no file but a pipe, say, is opened by the latter, since that may wait itself.
 */
int sink_place(struct sink *s, struct err *e);
int sink_open(struct sink *s, struct err *e);

/** sink_dir() - a directory; sink_file() - a file, whose @size bytes come with sink_data() */
int sink_dir(struct sink *s, const char *path, struct timespec mtime, struct err *e);
int sink_file(struct sink *s, const char *path, off_t size, struct timespec mtime, struct err *e);
int sink_data(struct sink *s, const void *buf, size_t size, struct err *e);

/** sink_mark() - who reads at random begins with what is written next */
int sink_mark(struct sink *s, struct err *e);

/** sink_done() - it is whole: let it appear. sink_close() - the end; what is not whole goes */
int sink_done(struct sink *s, struct err *e);
void sink_close(struct sink *s);

#endif
