// SPDX-License-Identifier: GPL-2.0-or-later
/* Extents: chosen cases, and random sets of pages against a slow and simple model. */
#include <errno.h>

#include <crfs/extent.h>
#include <crfs/res/mm/maps.h>

#include "check.h"

#define PAGE 4096ULL
#define MAX 4096

struct range {
	uint64_t start, end;
};

static int run(const struct range *in, int n, bool bridge, struct range *out)
{
	struct crfs_extents x;
	__u64 s, e;
	int got = 0;

	crfs_extents_init(&x, PAGE, bridge);
	for (int i = 0; i < n; i++) {
		if (crfs_extents_feed(&x, in[i].start, in[i].end))
			return -1;
		for (; crfs_extents_next(&x, &s, &e); got++)
			out[got] = (struct range){ s, e };
	}
	if (crfs_extents_last(&x, &s, &e))
		out[got++] = (struct range){ s, e };
	return crfs_extents_last(&x, &s, &e) ? -1 : got;
}

#define M2 CRFS_EXTENT_SIZE
static const struct {
	const char *what;
	bool bridge;
	int nin, nout;
	struct range in[3], out[4];
} cases[] = {
	{ "nothing", true, 0, 0, { { 0, 0 } }, { { 0, 0 } } },
	{ "one page at 0", true, 1, 1, { { 0, PAGE } }, { { 0, PAGE } } },
	{ "a boundary", true, 1, 2, { { M2 - PAGE, M2 + PAGE } },
	  { { M2 - PAGE, M2 }, { M2, M2 + PAGE } } },
	{ "over two boundaries", true, 1, 3, { { M2 - PAGE, 2 * M2 + PAGE } },
	  { { M2 - PAGE, M2 }, { M2, 2 * M2 }, { 2 * M2, 2 * M2 + PAGE } } },
	{ "exactly one extent", true, 1, 1, { { M2, 2 * M2 } }, { { M2, 2 * M2 } } },
	{ "a short hole", true, 2, 1,
	  { { 0, PAGE }, { 16 * PAGE, 17 * PAGE } },
	  { { 0, 17 * PAGE } } },
	{ "a long hole", true, 2, 2, { { 0, PAGE }, { 17 * PAGE, 18 * PAGE } },
	  { { 0, PAGE }, { 17 * PAGE, 18 * PAGE } } },
	{ "a short hole that must stay", false, 2, 2, { { 0, PAGE }, { 2 * PAGE, 3 * PAGE } },
	  { { 0, PAGE }, { 2 * PAGE, 3 * PAGE } } },
	{ "ranges that touch", false, 2, 1, { { 0, PAGE }, { PAGE, 2 * PAGE } },
	  { { 0, 2 * PAGE } } },
	{ "a hole at a boundary", true, 2, 2,
	  { { M2 - 2 * PAGE, M2 - PAGE }, { M2 + PAGE, M2 + 2 * PAGE } },
	  { { M2 - 2 * PAGE, M2 - PAGE }, { M2 + PAGE, M2 + 2 * PAGE } } },
	{ "the last page there is", true, 1, 1, { { -2 * PAGE, -PAGE } },
	  { { -2 * PAGE, -PAGE } } },
};

static void chosen(void)
{
	struct range out[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = run(cases[i].in, cases[i].nin, cases[i].bridge, out);

		check(n == cases[i].nout && !memcmp(out, cases[i].out, n * sizeof(*out)), "%s",
		      cases[i].what);
	}
}

/* Page by page: a page begins an extent unless the last one is near and in the same 2 MiB. */
static int model(const bool *page, uint64_t base, bool bridge, struct range *out)
{
	int n = 0;

	for (uint64_t i = 0; i < MAX; i++) {
		uint64_t at = base + i * PAGE, hole = n ? at - out[n - 1].end : 0;

		if (!page[i])
			continue;
		if (!n || out[n - 1].start / M2 != at / M2 ||
		    (hole && (!bridge || hole >= CRFS_HOLE_MAX * PAGE)))
			out[n++].start = at;
		out[n - 1].end = at + PAGE;
	}
	return n;
}

static void compare(void)
{
	static struct range in[MAX], got[MAX], want[MAX];
	static bool page[MAX];
	int bad = 0;

	for (int n = 0; n < 300; n++) {
		uint64_t base = (check_random() % 1024) * PAGE;
		unsigned int density = 1 + check_random() % 40, from, nin = 0;
		bool bridge = check_random() & 1;
		int nout;

		for (int i = 0; i < MAX; i++)
			page[i] = i && check_random() % 8 ? page[i - 1] :
							    !(check_random() % density);
		for (from = 0; from < MAX; from++) {
			bool cut = from && page[from - 1] && check_random() % 10;

			if (!page[from])
				continue;
			if (!cut)	/* a new range, now and then also where the last one ends */
				in[nin++].start = base + from * PAGE;
			in[nin - 1].end = base + (from + 1) * PAGE;
		}
		nout = run(in, nin, bridge, got);
		bad += nout != model(page, base, bridge, want) ||
		       memcmp(got, want, nout * sizeof(*got));
	}
	check(!bad, "300 random sets of pages, cut anyhow, agree with the model");
}

/* Two mappings, and pages in them: how many extents, and where the first ends. */
static const struct {
	const char *what;
	struct crfs_vma a, b;
	struct range in[2];
	int nout;
	uint64_t end;
} borders[] = {
	{ "pages on both sides of a border", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 9 * PAGE, .end = 20 * PAGE, .prot = 1 },
	  { { 8 * PAGE, 9 * PAGE }, { 9 * PAGE, 10 * PAGE } }, 1, 10 * PAGE },
	{ "3 pages over a border", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 9 * PAGE, .end = 20 * PAGE },
	  { { 6 * PAGE, 7 * PAGE }, { 10 * PAGE, 11 * PAGE } }, 1, 11 * PAGE },
	{ "4 pages over a border", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 9 * PAGE, .end = 20 * PAGE },
	  { { 6 * PAGE, 7 * PAGE }, { 11 * PAGE, 12 * PAGE } }, 2, 7 * PAGE },
	{ "nothing mapped between", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 10 * PAGE, .end = 20 * PAGE },
	  { { 8 * PAGE, 9 * PAGE }, { 10 * PAGE, 11 * PAGE } }, 2, 9 * PAGE },
	{ "a file behind it", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 9 * PAGE, .end = 20 * PAGE, .kind = CRFS_VMA_FILE },
	  { { 8 * PAGE, 9 * PAGE }, { 9 * PAGE, 10 * PAGE } }, 2, 9 * PAGE },
	{ "a file before it", { .start = PAGE, .end = 9 * PAGE, .kind = CRFS_VMA_FILE },
	  { .start = 9 * PAGE, .end = 20 * PAGE },
	  { { 8 * PAGE, 9 * PAGE }, { 9 * PAGE, 10 * PAGE } }, 2, 9 * PAGE },
	{ "huge pages behind it", { .start = PAGE, .end = 9 * PAGE },
	  { .start = 9 * PAGE, .end = 20 * PAGE, .kind = CRFS_VMA_HUGETLB },
	  { { 8 * PAGE, 9 * PAGE }, { 9 * PAGE, 10 * PAGE } }, 2, 9 * PAGE },
	{ "two of one file", { .start = PAGE, .end = 9 * PAGE, .kind = CRFS_VMA_FILE },
	  { .start = 9 * PAGE, .end = 20 * PAGE, .kind = CRFS_VMA_FILE },
	  { { 8 * PAGE, 9 * PAGE }, { 9 * PAGE, 10 * PAGE } }, 2, 9 * PAGE },
	{ "2 MiB at a border", { .start = PAGE, .end = M2 },
	  { .start = M2, .end = 2 * M2 },
	  { { M2 - PAGE, M2 }, { M2, M2 + PAGE } }, 2, M2 },
};

static void chosen_borders(void)
{
	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
		struct crfs_extents x;
		__u64 s, e, end = 0;
		int n = 0;

		crfs_extents_init(&x, PAGE, false);
		for (int k = 0; k < 2; k++) {
			crfs_extents_vma(&x, k ? &borders[i].b : &borders[i].a);
			if (crfs_extents_feed(&x, borders[i].in[k].start, borders[i].in[k].end))
				n = -10;
			for (; crfs_extents_next(&x, &s, &e); n++)
				end = n ? end : e;
		}
		if (crfs_extents_last(&x, &s, &e) && !n++)
			end = e;
		check(n == borders[i].nout && end == borders[i].end, "%s", borders[i].what);
	}
}

/* A space of pages: each in mapping @row of @kind, or in none; @cut: what comes before it ends. */
struct space {
	int row[MAX];
	struct crfs_vma v[MAX];
	bool page[MAX], cut[MAX];
};

static void random_space(struct space *sp, uint64_t base)
{
	unsigned int density = 1 + check_random() % 20, most = 1 + check_random() % 80;
	int n = 0;

	memset(sp, 0, sizeof(*sp));
	for (int i = 0; i < MAX; n++) {
		int len = 1 + check_random() % most, kind = check_random() % 10;

		sp->v[n] = (struct crfs_vma){
			.start = base + i * PAGE, .kind = kind < 7 ? CRFS_VMA_ANON :
				 kind < 9 ? CRFS_VMA_FILE : CRFS_VMA_HUGETLB,
			.prot = check_random() & 7,
		};
		for (; len && i < MAX; len--, i++) {
			sp->row[i] = n;
			sp->page[i] = !(check_random() % density);
			sp->cut[i] = sp->page[i] && !(check_random() % 50);
		}
		sp->v[n].end = base + i * PAGE;
		for (; i < MAX && !(check_random() % 4); i++)
			sp->row[i] = -1;
	}
}

/* Page by page again: does page @i go on with what ended before page @last? */
static bool goes_on(const struct space *sp, int last, int i)
{
	int kind = sp->v[sp->row[i]].kind;

	if (sp->cut[i] || i - last >= CRFS_HOLE_MAX || (i > last && kind == CRFS_VMA_FILE))
		return false;
	if (sp->row[last - 1] == sp->row[i])
		return true;
	if (i - last >= CRFS_HOLE_ACROSS)
		return false;
	for (int k = last - 1; k <= i; k++)
		if (sp->row[k] < 0 || sp->v[sp->row[k]].kind != CRFS_VMA_ANON)
			return false;
	return true;
}

static int model_space(const struct space *sp, uint64_t base, struct range *out)
{
	int n = 0, last = 0;

	for (int i = 0; i < MAX; i++) {
		uint64_t at = base + i * PAGE;

		if (sp->row[i] < 0 || !sp->page[i])
			continue;
		if (!n || out[n - 1].start / M2 != at / M2 || !goes_on(sp, last, i))
			out[n++].start = at;
		out[n - 1].end = at + PAGE;
		last = i + 1;
	}
	return n;
}

static int run_space(const struct space *sp, uint64_t base, struct range *out)
{
	struct crfs_extents x;
	__u64 s, e;
	int n = 0;

	crfs_extents_init(&x, PAGE, false);
	for (int i = 0; i < MAX; i++) {
		if (sp->row[i] < 0)
			continue;
		if (!i || sp->row[i] != sp->row[i - 1])
			crfs_extents_vma(&x, &sp->v[sp->row[i]]);
		if (!sp->page[i])
			continue;
		if (sp->cut[i])
			crfs_extents_cut(&x);
		if (crfs_extents_feed(&x, base + i * PAGE, base + (i + 1) * PAGE))
			return -1;
		for (; crfs_extents_next(&x, &s, &e); n++)
			out[n] = (struct range){ s, e };
	}
	if (crfs_extents_last(&x, &s, &e))
		out[n++] = (struct range){ s, e };
	return n;
}

static void compare_spaces(void)
{
	static struct range got[MAX], want[MAX];
	static struct space sp;
	int bad = 0, crossed = 0;

	for (int n = 0; n < 300; n++) {
		uint64_t base = (check_random() % 1024) * PAGE;
		int nout;

		random_space(&sp, base);
		nout = run_space(&sp, base, got);
		bad += nout != model_space(&sp, base, want) ||
		       memcmp(got, want, nout * sizeof(*got));
		for (int i = 0; i < nout; i++)
			crossed += sp.row[(got[i].start - base) / PAGE] !=
				   sp.row[(got[i].end - base) / PAGE - 1];
	}
	check(!bad, "300 random address spaces agree with the model");
	check(crossed > 1000, "and extents in them cross borders");
}

static void misuse(void)
{
	struct crfs_extents x;

	crfs_extents_init(&x, PAGE, true);
	check(crfs_extents_feed(&x, PAGE, PAGE) == -EINVAL, "an empty range is refused");
	check(crfs_extents_feed(&x, 1, PAGE) == -EINVAL, "half a page is refused");
	check(!crfs_extents_feed(&x, PAGE, 3 * PAGE), "a range is taken");
	check(crfs_extents_feed(&x, 4 * PAGE, 5 * PAGE) == -EINVAL, "one at a time");
	while (crfs_extents_next(&x, &(__u64){ 0 }, &(__u64){ 0 }))
		;
	check(crfs_extents_feed(&x, 2 * PAGE, 4 * PAGE) == -EINVAL, "going back is refused");
}

int main(void)
{
	chosen();
	compare();
	chosen_borders();
	compare_spaces();
	misuse();
	return check_exit();
}
