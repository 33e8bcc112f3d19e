/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive that is open, between the files that read it. */
#ifndef CRTAR_READING_H
#define CRTAR_READING_H

#include <archive.h>
#include <archive_entry.h>

#include "index.h"
#include "spill.h"

#define BAD "name an archive that is whole"

/**
 * struct reading - an archive that is open
 * @apart: payloads stay where they are in @fd
 * @first: the page that it was read up to, NULL: it was not stopped
 * @size: of the file
 * @spill: payloads that are held, of what is read but once
 * @index: it has a seek table; @last: the page that was read last of it, whose bytes are at @bytes
 */
struct reading {
	int fd;
	struct archive *a;
	struct archive_entry *first;
	bool apart;
	off_t size;
	struct spill spill;
	struct index *index;
	struct node *last;
	char *bytes;
	pthread_mutex_t lock;
};

/**
 * input_open() - have @a read from @fd, which stays the caller's, in pieces of @block bytes (source_input.c)
 * As archive_read_open_fd(), but that a signal ends it.
 * Return: ARCHIVE_OK, or ARCHIVE_FATAL with the reason in @a
 */
int input_open(struct archive *a, int fd, size_t block);

/** archive_file() - take a member that is a file into @n (source_archive.c) */
int archive_file(struct source *s, struct archive_entry *ae, struct node *n, struct err *e);

/** apart_file() - @n is a payload whose bytes are the next @size of the file, and stay there (source_apart.c) */
int apart_file(struct source *s, struct node *n, off_t size, struct err *e);
/** apart_index() - from @frame on they are the pages that the manifest names, and it is the last one */
int apart_index(struct source *s, size_t frame, struct err *e);

#endif
