/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number for each page of a payload, equal where the bytes are. */
#ifndef CRTAR_PAGES_H
#define CRTAR_PAGES_H

#include "source.h"

#define PAGES_SIZE 4096

/** struct page - @at: its address or offset; @sum: of its bytes */
struct page {
	uint64_t at, sum;
};

/** struct pages - some of an object */
struct pages {
	struct page *v;
	size_t nr, room;
};

#define PAGES_WAIT 4096

/** struct pages_store - the @nr numbers of an archive's pages: in file @fd (-1: none yet), and the last @waiting here */
struct pages_store {
	int fd;
	uint64_t nr;
	size_t waiting;
	uint64_t wait[PAGES_WAIT];
};

/**
 * pages_tap() - for source.tap: number the pages of an archive's payload as they go by
 * One payload goes by behind the other; source.arg is a struct pages_store.
 */
int pages_tap(struct source *s, struct node *n, const void *buf, size_t len, off_t off, struct err *e);
void pages_store_free(struct pages_store *st);

/** pages_add() - those of payload @n, which begins at @start. Return: 0 or a negative errno */
int pages_add(struct pages *p, struct node *n, uint64_t start);
void pages_free(struct pages *p);

#endif
