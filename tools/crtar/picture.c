// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of a checkpoint as a picture, in SVG.
 *
 * An address space is a bar, all of them on one scale, and below it a strip for each group of its
 * mappings: neighbours of one file, or without one. A strip is as long as the logarithm of its size,
 * so that small ones are seen beside large ones, and even inside. A column of it has the colour of
 * what most of it is, of that which the checkpoint has at all: a single page is seen.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "picture.h"

#define WIDTH 1000
#define LEFT 250		/* of the strips: their names */
#define STRIP_MAX 590
#define NAME 36			/* letters that fit there */
#define ROW 14
#define STRIPS 40		/* of an address space; others are in a line about them */
#define SPACES 64		/* with strips; others have their bar */

/** struct group - mappings [@first, @last] that are one strip */
struct group {
	size_t first, last;
	uint64_t size;
	struct shades s;
	bool shown;
};

/** struct space - an address space and what it consists of */
struct space {
	const struct iobj *mm;
	const struct crfs_vma *v;
	size_t nr_vmas;
	struct group *g;
	size_t nr;
	struct shades s;
};

/** struct picture - in the making; @y: how far down it is; @scale: bytes of the longest bar */
struct picture {
	const struct look *l;
	struct imem *mem;
	struct space *v;
	size_t nr;
	uint64_t scale;
	FILE *f;
	unsigned int y;
};

void put_xml(FILE *f, const char *p, size_t n)
{
	for (; n; p++, n--) {
		if (*p == '<')
			fputs("&lt;", f);
		else if (*p == '>')
			fputs("&gt;", f);
		else if (*p == '&')
			fputs("&amp;", f);
		else if (*p == '"')
			fputs("&quot;", f);
		else
			putc((unsigned char)*p < ' ' && *p != '\n' && *p != '\t' ? '?' : *p, f);
	}
}

const char *put_size(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = bytes;
	int u = 0;

	while (v >= 1024 && u < 4) {
		v /= 1024;
		u++;
	}
	snprintf(buf, size, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return buf;
}

void mm_title(const struct look *l, const struct iobj *mm, char *buf, size_t size)
{
	const struct crfs_mm_status *m = look_mm(mm);
	const struct crfs_task_status *st;
	size_t i, len = 0;
	char exe[256] = "";
	const char *base;

	for (i = 0; i < l->im.nr[IOBJ_TASK] && len + 300 < size; i++) {
		st = image_status(&l->im.objs[IOBJ_TASK][i]);
		if (st && st->mm == mm->id && st->tid == st->tgid)
			len += snprintf(buf + len, size - len, "%s%u", len ? "," : "", st->tid);
	}
	if (m)
		print_str(exe, sizeof(exe), m->exe);
	base = strrchr(exe, '/');
	snprintf(buf + len, size - len, " %.100s", base ? base + 1 : exe);
}

static bool is_one(const struct crfs_vma *a, const struct crfs_vma *b)
{
	if (a->path.len || b->path.len)
		return a->path.len == b->path.len && !memcmp(a->path.p, b->path.p, a->path.len);
	return a->kind == b->kind && a->inode == b->inode && b->start - a->end < (1ULL << 30);
}

static int take_space(struct picture *p, struct space *s)
{
	struct group *g = NULL;
	size_t i;
	int k;

	s->v = look_maps(s->mm, &s->nr_vmas);
	s->g = calloc(s->nr_vmas ? s->nr_vmas : 1, sizeof(*s->g));
	if (!s->g)
		return -ENOMEM;
	for (i = 0; i < s->nr_vmas; i++) {
		if (!g || !is_one(&s->v[i - 1], &s->v[i])) {
			g = &s->g[s->nr++];
			g->first = i;
		}
		g->last = i;
		g->size += s->v[i].end - s->v[i].start;
		shade_add(p->mem, s->mm, &s->v[i], &g->s);
	}
	for (i = 0; i < s->nr; i++)
		for (k = 0; k < NR_SHADES; k++)
			s->s.bytes[k] += s->g[i].s.bytes[k];
	return 0;
}

static int largest_first(const void *a, const void *b)
{
	const struct space *x = a, *y = b;
	uint64_t m = shade_here(&x->s), n = shade_here(&y->s);

	return m != n ? (m < n ? 1 : -1) : (x->mm->id > y->mm->id) - (x->mm->id < y->mm->id);
}

static int take_all(struct picture *p)
{
	uint64_t bytes;
	size_t i;
	int r = 0;

	p->nr = p->l->im.nr[IOBJ_MM];
	p->v = calloc(p->nr ? p->nr : 1, sizeof(*p->v));
	if (!p->v)
		return -ENOMEM;
	for (i = 0; i < p->nr && !r; i++) {
		p->v[i].mm = &p->l->im.objs[IOBJ_MM][i];
		r = take_space(p, &p->v[i]);
		bytes = shade_here(&p->v[i].s) + p->v[i].s.bytes[SHADE_FILE];
		p->scale = bytes > p->scale ? bytes : p->scale;
	}
	if (!r)
		qsort(p->v, p->nr, sizeof(*p->v), largest_first);
	return r;
}

static void rect(struct picture *p, double x, double w, int h, enum shade shade)
{
	fprintf(p->f, "<rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\"/>\n",
		shadings[shade].name, x, p->y, w, h);
}

static void text(struct picture *p, double x, const char *style, const char *words)
{
	fprintf(p->f, "<text x=\"%.1f\" y=\"%u\"%s>", x, p->y + 10, style);
	put_xml(p->f, words, strlen(words));
	fputs("</text>\n", p->f);
}

static unsigned int strip_width(const struct group *g)
{
	double w = 20 + 30 * log2(g->size / 4096.0 + 1);

	return w < STRIP_MAX ? w : STRIP_MAX;
}

/* Bytes of each shade in [@from, @to) of the group, counted from its beginning without the gaps. */
static void column(struct picture *p, const struct space *s, const struct group *g, uint64_t from, uint64_t to,
		   struct shades *out)
{
	const struct crfs_vma *v;
	uint64_t base = 0, at, end, stop;
	enum shade shade;
	size_t i;

	for (i = g->first; i <= g->last && base < to; base += v->end - v->start, i++) {
		v = &s->v[i];
		if (base + (v->end - v->start) <= from)
			continue;
		at = from > base ? v->start + (from - base) : v->start;
		stop = to - base < v->end - v->start ? v->start + (to - base) : v->end;
		for (; at < stop; at = end) {
			end = shade_run(p->mem, s->mm, v, at, &shade);
			end = end < stop ? end : stop;
			out->bytes[shade] += end - at;
		}
	}
}

static enum shade strongest(const struct shades *s)
{
	int i, best = SHADE_NONE;

	for (i = SHADE_DIRTY; i <= SHADE_SHARED; i++)
		if (s->bytes[i] && (best == SHADE_NONE || s->bytes[i] > s->bytes[best]))
			best = i;
	if (best == SHADE_NONE && s->bytes[SHADE_FILE] >= s->bytes[SHADE_NONE])
		best = SHADE_FILE;
	return best;
}

static void columns(struct picture *p, const struct space *s, const struct group *g)
{
	unsigned int w = strip_width(g), x, from = 0;
	enum shade last = SHADE_NONE, here;
	uint64_t pages = g->size / 4096;
	struct shades c;

	for (x = 0; x <= w; x++) {
		c = (struct shades){ .bytes = { 0 } };
		if (x < w)
			column(p, s, g, pages * x / w * 4096, (pages * (x + 1) + w - 1) / w * 4096, &c);
		here = x < w ? strongest(&c) : NR_SHADES;
		if (x && here != last) {
			rect(p, LEFT + from, x - from, ROW - 3, last);
			from = x;
		}
		last = here;
	}
}

static const char *group_name(const struct space *s, const struct group *g, char *buf, size_t size)
{
	const struct crfs_vma *v = &s->v[g->first];
	const struct crfs_mm_status *m = look_mm(s->mm);
	size_t len;

	if (v->path.len)
		print_str(buf, size, v->path);
	else if (v->kind == CRFS_VMA_VDSO || v->kind == CRFS_VMA_VVAR)
		snprintf(buf, size, v->kind == CRFS_VMA_VDSO ? "vdso" : "vvar");
	else if (v->kind == CRFS_VMA_AIO)
		snprintf(buf, size, "aio");
	else if (v->inode)
		snprintf(buf, size, "inodes/%u", v->inode);
	else if (v->flags & CRFS_VMA_GROWSDOWN)
		snprintf(buf, size, "stack");
	else if (m && m->brk > m->start_brk && v->start <= m->start_brk && m->start_brk < s->v[g->last].end)
		snprintf(buf, size, "heap");
	else
		snprintf(buf, size, "0x%" PRIx64, (uint64_t)v->start);
	len = strlen(buf);
	return len > NAME ? buf + len - NAME : buf;
}

static void strip(struct picture *p, const struct space *s, const struct group *g)
{
	char name[1024], size[32], here[32], words[1200];
	int i;

	fputs("<g><title>", p->f);
	snprintf(words, sizeof(words), "0x%" PRIx64 " - 0x%" PRIx64 "\n%zu mappings\n",
		 (uint64_t)s->v[g->first].start, (uint64_t)s->v[g->last].end, g->last - g->first + 1);
	put_xml(p->f, words, strlen(words));
	print_str(name, sizeof(name), s->v[g->first].path);
	put_xml(p->f, name, strlen(name));
	for (i = 0; i < NR_SHADES; i++)
		if (g->s.bytes[i])
			fprintf(p->f, "\n%s %" PRIu64, shadings[i].name, g->s.bytes[i]);
	fputs("</title>\n", p->f);
	text(p, LEFT - 6, " class=\"name\"", group_name(s, g, name, sizeof(name)));
	columns(p, s, g);
	snprintf(words, sizeof(words), shade_here(&g->s) ? "%s of %s" : "%.0s%s",
		 put_size(shade_here(&g->s), here, sizeof(here)), put_size(g->size, size, sizeof(size)));
	text(p, LEFT + strip_width(g) + 6, "", words);
	fputs("</g>\n", p->f);
	p->y += ROW;
}

static void bar(struct picture *p, const struct space *s)
{
	double x = 10, w, unit = p->scale ? (WIDTH - 20.0) / p->scale : 0;
	int i;

	for (i = SHADE_DIRTY; i <= SHADE_FILE; i++) {
		w = s->s.bytes[i] * unit;
		if (s->s.bytes[i])
			rect(p, x, w > 0.5 ? w : 0.5, ROW, i);
		x += w;
	}
	p->y += ROW + 6;
}

/* The largest of them, in the order of their addresses. */
static size_t choose(struct space *s)
{
	struct group *best;
	size_t shown, i;

	for (shown = 0; shown < STRIPS && shown < s->nr; shown++) {
		best = NULL;
		for (i = 0; i < s->nr; i++)
			if (!s->g[i].shown &&
			    (!best || shade_here(&s->g[i].s) > shade_here(&best->s) ||
			     (shade_here(&s->g[i].s) == shade_here(&best->s) && s->g[i].size > best->size)))
				best = &s->g[i];
		best->shown = true;
	}
	return s->nr - shown;
}

static void space(struct picture *p, struct space *s, bool strips)
{
	char title[512], words[700], here[32], size[32];
	uint64_t mapped = 0;
	size_t i, hidden;

	for (i = 0; i < NR_SHADES; i++)
		mapped += s->s.bytes[i];
	mm_title(p->l, s->mm, title, sizeof(title));
	snprintf(words, sizeof(words), "%s: %s of %s mapped", title,
		 put_size(shade_here(&s->s), here, sizeof(here)), put_size(mapped, size, sizeof(size)));
	fprintf(p->f, "<g id=\"mm%u\">\n", s->mm->id);
	text(p, 10, " class=\"head\"", words);
	p->y += ROW + 2;
	bar(p, s);
	hidden = strips ? choose(s) : 0;
	for (i = 0; i < s->nr && strips; i++)
		if (s->g[i].shown)
			strip(p, s, &s->g[i]);
	if (hidden) {
		snprintf(words, sizeof(words), "and %zu smaller ones", hidden);
		text(p, LEFT, "", words);
		p->y += ROW;
	}
	fputs("</g>\n", p->f);
	p->y += ROW;
}

static void legend(struct picture *p)
{
	char words[256], size[32];
	struct shades sum = { .bytes = { 0 } };
	size_t i;
	int k;

	for (i = 0; i < p->nr; i++)
		for (k = 0; k < NR_SHADES; k++)
			sum.bytes[k] += p->v[i].s.bytes[k];
	fputs("<g id=\"legend\">\n", p->f);
	for (k = 0; k < NR_SHADES; k++) {
		rect(p, 10, 24, ROW - 3, k);
		snprintf(words, sizeof(words), "%s: %s, %s", shadings[k].name, shadings[k].what,
			 put_size(sum.bytes[k], size, sizeof(size)));
		text(p, 42, "", words);
		p->y += ROW;
	}
	fputs("</g>\n", p->f);
	p->y += ROW;
}

/* How high it will be is said in its first line. */
static unsigned int height(const struct picture *p)
{
	unsigned int h = 10 + (NR_SHADES + 1) * ROW;
	size_t i, n;

	for (i = 0; i < p->nr; i++) {
		n = i < SPACES ? p->v[i].nr : 0;
		h += 3 * ROW + 8 + (n > STRIPS ? STRIPS + 1 : n) * ROW;
	}
	return h;
}

static void draw(struct picture *p)
{
	size_t i;
	int k;

	fprintf(p->f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\">\n"
		"<style>text{font:11px sans-serif;fill:#222} .name{text-anchor:end} .head{font-weight:bold}\n"
		"rect{stroke:none} ", WIDTH, height(p), WIDTH, height(p));
	for (k = 0; k < NR_SHADES; k++)
		fprintf(p->f, "rect.%s{fill:%s} ", shadings[k].name, shadings[k].colour);
	fputs("</style>\n<rect x=\"0\" y=\"0\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", p->f);
	p->y = 10;
	legend(p);
	for (i = 0; i < p->nr; i++)
		space(p, &p->v[i], i < SPACES);
	fputs("</svg>\n", p->f);
}

int picture_draw(const struct look *l, FILE *f)
{
	struct picture p = { .l = l, .mem = imem_new(&l->im), .f = f };
	int r = p.mem ? take_all(&p) : -ENOMEM;
	size_t i;

	if (!r && imem_failed(p.mem))
		r = -ENOMEM;
	if (!r)
		draw(&p);
	for (i = 0; p.v && i < p.nr; i++)
		free(p.v[i].g);
	free(p.v);
	imem_free(p.mem);
	return r;
}
