// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing what crtar reads: golden trees as archives, whose bytes, headers, order, ends and seek tables are
 * changed. Whatever comes in, it is taken whole or refused with a sentence, nothing is left open, and no
 * round takes longer than ROUND_MAX.
 */
#include <endian.h>
#include <sys/mman.h>

#include <archive.h>
#include <archive_entry.h>

#include "fuzz.h"
#include "golden.h"
#include "sink.h"
#include "verify.h"

#define ROUND_MAX 60	/* seconds, under ASan on a loaded machine */
#define ARCHIVE_MOST (8 << 20)

/** struct bytes_of - an archive in memory */
struct bytes_of {
	char *p;
	size_t len;
};

/* In one of the formats that people have; a payload is zeros. */
static struct bytes_of pack(const struct gtree *g)
{
	static int (*const formats[])(struct archive *a) = {
		archive_write_set_format_pax_restricted, archive_write_set_format_gnutar,
		archive_write_set_format_cpio_newc, archive_write_set_format_pax,
		archive_write_set_format_zip,
	};
	struct archive *a = archive_write_new();
	struct archive_entry *ae = archive_entry_new();
	struct bytes_of b = { .p = golden_mem(malloc(ARCHIVE_MOST)) };
	char zero[4096] = "";
	size_t i;

	formats[below(5)](a);
	if (!below(4))
		archive_write_add_filter_zstd(a);
	archive_write_open_memory(a, b.p, ARCHIVE_MOST, &b.len);
	for (i = 0; i < g->n; i++) {
		archive_entry_clear(ae);
		archive_entry_set_pathname(ae, g->f[i].path);
		archive_entry_set_mode(ae, S_IFREG | 0400);
		archive_entry_set_size(ae, g->f[i].size);
		archive_write_header(a, ae);
		archive_write_data(a, g->f[i].len ? g->f[i].p : zero, g->f[i].len ? g->f[i].len : (size_t)g->f[i].size);
	}
	archive_write_close(a);
	archive_entry_free(ae);
	archive_write_free(a);
	return b;
}

static void sink_one(struct sink *s, const struct gfile *f)
{
	struct err e = { .code = 0 };
	char path[512], *zeros = golden_mem(calloc(1, f->size + 1));

	snprintf(path, sizeof(path), "./%s", f->path);
	CHECK(!sink_file(s, path, f->size, (struct timespec){ 0, 0 }, &e));
	CHECK(!sink_data(s, f->len ? f->p : zeros, f->size, &e));
	free(zeros);
}

static bool is_page(const struct gfile *f)
{
	return !strncmp(f->path, "mms/", 4) && strstr(f->path, "/pages/");
}

/* As create --index: pages in the manifest's order, each a frame's beginning */
static struct bytes_of pack_indexed(struct gtree *g)
{
	struct bytes_of b = { .p = golden_mem(malloc(ARCHIVE_MOST)) };
	int fd = memfd_create("pack", MFD_CLOEXEC);
	struct gfile *man = golden_find(g, "manifest"), *f;
	struct sink s = { .filter = "zstd", .level = "1", .threads = 1, .index = true };
	struct err e = { .code = 0 };
	char file[64], name[512], *p, *end;
	size_t i;

	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	s.name = file;
	CHECK(man && !sink_open(&s, &e));
	man->p[man->len] = '\0';
	for (i = 0; i < g->n; i++)
		if (&g->f[i] != man && !is_page(&g->f[i]))
			sink_one(&s, &g->f[i]);
	for (p = man->p; (p = strchr(p, '(')); p = end) {
		end = p + strcspn(p, ")");
		snprintf(name, sizeof(name), "%.*s", (int)(end - p - 1), p + 1);
		f = golden_find(g, name);
		if (!f || !is_page(f))
			continue;
		CHECK(!sink_mark(&s, &e));
		sink_one(&s, f);
	}
	CHECK(!sink_mark(&s, &e));
	sink_one(&s, man);
	CHECK(!sink_done(&s, &e));
	sink_close(&s);
	b.len = pread(fd, b.p, ARCHIVE_MOST, 0);
	CHECK(b.len > SEEK_FOOTER && b.len < ARCHIVE_MOST);
	close(fd);
	return b;
}

static void flip(struct bytes_of *b)
{
	b->p[below(b->len)] ^= 1 << below(8);
}

static void cut(struct bytes_of *b)
{
	b->len = below(b->len);
}

static void twice(struct bytes_of *b)
{
	size_t n = below(b->len);

	if (b->len + n > ARCHIVE_MOST)
		return;
	memcpy(b->p + b->len, b->p, n);
	b->len += n;
}

/* Blocks of 512, of which tar is made, moved, doubled and taken out. */
static void move_blocks(struct bytes_of *b)
{
	size_t n = b->len / 512, from = below(n) * 512, to = below(n) * 512, len = (1 + below(8)) * 512;

	if (from + len <= b->len && to + len <= b->len)
		memmove(b->p + to, b->p + from, len);
}

/* A tar header's field becomes another, and its sum is made right again. */
static void forge_header(struct bytes_of *b)
{
	static const char *const names[] = {
		"../../x", "/etc/x", "header", "./manifest", "tasks/1/", "mms/1/pages/zzz", "a/b/header", "",
		"mms/1/pages/1000", "files/../header", "ns/net-1", "inodes/1/data",
	};
	size_t at = below(b->len / 512) * 512, i;
	unsigned int sum = 0;
	char *h = b->p + at;

	if (at + 512 > b->len || memcmp(h + 257, "ustar", 5))
		return;
	switch (below(4)) {
	case 0:
		memset(h, 0, 100);
		strcpy(h, names[below(sizeof(names) / sizeof(*names))]);
		break;
	case 1:
		h[156] = "01234567xgLKSVM"[below(15)];
		break;
	case 2:
		snprintf(h + 124, 12, "%011zo", below(2) ? below(1 << 30) : below(4096));
		break;
	default:
		h[124] = (char)0x80;	/* base 256, and what is in there then */
	}
	memset(h + 148, ' ', 8);
	for (i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
}

/** struct seek - where the table of an archive stands: @n entries of a frame's two sizes at @v */
struct seek {
	uint32_t *v;
	uint32_t n;
};

static struct seek seek_table(struct bytes_of *b)
{
	struct seek t = { .n = 0 };
	uint32_t n;

	if (b->len < SEEK_FOOTER + 8)
		return t;
	memcpy(&n, b->p + b->len - SEEK_FOOTER, 4);
	n = le32toh(n);
	if (n < 2 || n > (b->len - SEEK_FOOTER - 8) / 8)
		return t;
	t.v = golden_mem(malloc(8 * n));
	memcpy(t.v, b->p + b->len - SEEK_FOOTER - 8 * n, 8 * n);
	t.n = n;
	return t;
}

/* Two frames change places, and their entries, if @both */
static void swap_frames(struct bytes_of *b, struct seek *t, uint32_t i, bool both)
{
	size_t at = 0, n = t->v[2 * i], m = t->v[2 * i + 2];
	uint32_t k, sizes[4];
	char *p;

	for (k = 0; k < i; k++)
		at += t->v[2 * k];
	if (at + n + m > b->len || n > b->len || m > b->len)
		return;
	p = golden_mem(malloc(n + m));
	memcpy(p, b->p + at + n, m);
	memcpy(p + m, b->p + at, n);
	memcpy(b->p + at, p, n + m);
	free(p);
	memcpy(sizes, t->v + 2 * i, sizeof(sizes));
	if (both) {
		memcpy(t->v + 2 * i, sizes + 2, 8);
		memcpy(t->v + 2 * i + 2, sizes, 8);
	}
}

static void forge_table(struct bytes_of *b)
{
	static const uint32_t odd[] = { 0, 1, 511, 512, 4096, 4608, 2 << 20, (2 << 20) + 512, 1 << 30, 0x7fffffff, 0xffffffff };
	struct seek t = seek_table(b);
	uint32_t i = below(t.n - 1), k, by = below(600), n = t.n;

	if (!t.n)
		return;
	switch (below(7)) {
	case 0:
		t.v[2 * i + below(2)] = odd[below(sizeof(odd) / sizeof(*odd))];
		break;
	case 1:		/* a frame begins elsewhere, in the file or in what it holds */
		k = below(2);
		t.v[2 * i + k] += by;
		t.v[2 * i + 2 + k] -= by;
		break;
	case 2:
		swap_frames(b, &t, i, true);
		break;
	case 3:
		swap_frames(b, &t, i, false);
		break;
	case 4:		/* two are one */
		t.v[2 * i + 2] += t.v[2 * i];
		t.v[2 * i + 3] += t.v[2 * i + 1];
		memmove(t.v + 2 * i, t.v + 2 * i + 2, 8 * (t.n - i - 1));
		memmove(t.v + 2, t.v, 8 * (t.n - 1));
		t.v[0] = t.v[1] = 0;
		break;
	case 5:
		n = below(2) ? odd[below(sizeof(odd) / sizeof(*odd))] : n - 1 + below(3);
		break;
	default:
		b->p[b->len - 1 - below(SEEK_FOOTER)] ^= 1 << below(8);
	}
	memcpy(b->p + b->len - SEEK_FOOTER - 8 * t.n, t.v, 8 * t.n);
	if (n != t.n)
		memcpy(b->p + b->len - SEEK_FOOTER, &n, 4);
	free(t.v);
}

static void (*const changes[])(struct bytes_of *b) = { flip, cut, twice, move_blocks, forge_header, forge_header, forge_table, forge_table };

/* Also in the middle of one, as who looks into a checkpoint does */
static void read_pages(struct source *s)
{
	static char buf[5000];
	struct node *n;

	for (n = s->top; n; n = tree_next(n, s->top))
		if (source_is_page(n) && n->size > 100)
			node_pread(n, buf, below(sizeof(buf)), below(n->size));
}

static void look_at(struct source *s, struct errlist *why)
{
	struct err e = { .code = 0 };
	unsigned int unwritten;

	if (source_open(s, why) < 0)
		return;
	/* As a restore that must stage what it began to read as a stream */
	if (archive_paused(s) && archive_more(s, &e) < 0) {
		errlist_take(why, &e);
		return;
	}
	if (s->apart && source_root(s, why) < 0)
		return;
	if (!source_manifest(s, why))
		manifest_verify(s->man, why, &unwritten);
	if (s->top)
		verify_tree(s, why);
	if (s->top)
		read_pages(s);
}

/* golden_this_cpu() changes header and xstate, and no digest. */
static void nothing_but_the_cpu(const char *why)
{
	const char *nl;

	for (; why && *why; why = nl + 1) {
		nl = strchr(why, '\n');
		CHECK(nl);
		if (strncmp(why, "EBADMSG header: ", 16) && !memmem(why, nl - why, "/xstate: ", 9)) {
			fprintf(stderr, "nothing was changed, and yet: %s", why);
			abort();
		}
	}
}

/** struct rounds - the golden trees */
struct rounds {
	struct gtree *g;
	size_t n;
};

static void one_round(void *arg)
{
	static const enum source_bytes ways[] = { BYTES_NONE, BYTES_DIGEST, BYTES_KEEP };
	const struct rounds *r = arg;
	struct gtree *g = &r->g[below(r->n)];
	bool indexed = !below(3) && golden_find(g, "manifest");
	struct source s = { .bytes = ways[below(3)], .dir = -1, .cg.dir = -1, .apart = indexed ? below(8) : below(2) };
	struct bytes_of b = indexed ? pack_indexed(g) : pack(g);
	struct errlist why = { .text = NULL };
	char name[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC), before = open_files();
	size_t i, n = below(4);

	for (i = 0; i < n && b.len; i++)
		changes[below(sizeof(changes) / sizeof(*changes))](&b);
	CHECK(write(fd, b.p, b.len) == (ssize_t)b.len);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	s.name = name;
	look_at(&s, &why);
	CHECK(!why.first == !why.count);
	CHECK(!why.count || (why.text && *why.text == 'E'));
	if (!n && s.bytes != BYTES_NONE)
		nothing_but_the_cpu(why.text);
	source_close(&s);
	errlist_clear(&why);
	CHECK(open_files() == before);
	close(fd);
	free(b.p);
}

int main(int argc, char **argv)
{
	struct rounds r;

	r.n = golden_load(&r.g);
	CHECK(r.n > 0);
	printf("%lu rounds\n", fuzz(argc, argv, ROUND_MAX, one_round, &r));
	while (r.n--)
		golden_free(&r.g[r.n]);
	free(r.g);
	return 0;
}
