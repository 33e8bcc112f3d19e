// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which memory is registered with userfaultfd(2), so that whoever touches what is missing waits for it.
 *
 * Not each extent by itself: a border makes a mapping more, of which a process may have 65530
 * (vm.max_map_count), and each costs a call before the program runs. Nor whole mappings: where there never
 * was anything a program that touches it would wait as well. Extents that are near each other are one
 * range, and the more there are the farther that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <crfs/extent.h>

#include "res/mm/fed.h"
#include "res/mm/scan.h"
#include "serve.h"

#define NEAR CRFS_EXTENT_SIZE
#define RANGES 1024	/* of an address space, beside one for each of its mappings */

/* The piece behind the range that begins with piece @i; *@row: the end of the mapping that it is in */
static size_t range_end(const struct space *v, size_t i, uint64_t near, uint64_t *row)
{
	if (v->piece[i].start >= *row)
		*row = fed_row(v->of, v->piece[i].start)->end;
	while (++i < v->nr && v->piece[i].start < *row && v->piece[i].start - v->piece[i - 1].end <= near)
		;
	return i;
}

static uint64_t choose_near(const struct space *v)
{
	uint64_t near, row;
	size_t i, nr;

	for (near = NEAR;; near *= 2) {
		for (i = nr = row = 0; i < v->nr; i = range_end(v, i, near, &row))
			nr += i && v->piece[i].start < row;
		if (nr <= RANGES)
			return near;
	}
}

/* Who looked into it from outside before it was registered has left a page of zeros there. */
static int fill_touched(struct serve *s, struct space *v, struct scan *sc, size_t i, size_t end, struct err *e)
{
	struct piece *p;
	int rc = 0, empty;

	for (; i < end && !rc; i++) {
		p = &v->piece[i];
		empty = scan_empty(sc, p->start, p->end);
		if (empty < 0)
			return fail(e, empty, "looking at its pages");
		rc = empty ? 0 : serve_load(s, p->n, e);
		if (!empty && !rc) {
			rc = fed_copy(v->of, p->start, s->buf, p->end - p->start);
			p->end = p->start;
		}
	}
	return rc ? fail(e, rc, "putting pages in place") : 0;
}

static int mark(struct serve *s, struct space *v, struct scan *sc, size_t i, size_t end, struct err *e)
{
	struct uffdio_register reg = { .range = { v->piece[i].start, v->piece[end - 1].end - v->piece[i].start },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	int empty;

	if (ioctl(v->uffd, UFFDIO_REGISTER, &reg))
		return fail(e, -errno, "UFFDIO_REGISTER");
	empty = scan_empty(sc, reg.range.start, reg.range.start + reg.range.len);
	return empty > 0 ? 0 : fill_touched(s, v, sc, i, end, e);
}

static void drop_filled(struct space *v)
{
	size_t i, nr = 0;

	for (i = 0; i < v->nr; i++)
		if (v->piece[i].start < v->piece[i].end)
			v->piece[nr++] = v->piece[i];
	v->nr = nr;
}

static int mark_space(struct serve *s, struct space *v, struct err *e)
{
	uint64_t near = choose_near(v), row = 0;
	char path[40];
	struct scan sc;
	size_t i, end;
	int rc = 0;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", v->of->pid);
	sc = (struct scan){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (sc.fd < 0)
		return fail(e, -errno, "open its pagemap");
	for (i = 0; i < v->nr && !rc; i = end) {
		end = range_end(v, i, near, &row);
		rc = mark(s, v, &sc, i, end, e);
	}
	scan_close(&sc);
	drop_filled(v);
	return rc;
}

int serve_mark(struct serve *s, struct err *e)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr && !rc; i++) {
		rc = mark_space(s, &s->space[i], e);
		if (rc < 0)
			fail_on(e, rc, s->space[i].of->o->path, "have its pages come later");
	}
	return rc;
}
