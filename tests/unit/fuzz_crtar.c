// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing what crtar reads: golden trees as archives, whose bytes, headers, order and ends are changed.
 *
 * fuzz_crtar [SECONDS [FIRST]]: every round is made of its number alone, so that `fuzz_crtar 0 FIRST` is
 * that one round again. Whatever comes in, it is taken whole or refused with a sentence, nothing is left
 * open, and no round takes longer than ROUND_MAX.
 */
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "check.h"
#include "golden.h"
#include "verify.h"

#define ROUND_MAX 60	/* seconds, under ASan on a loaded machine */
#define ARCHIVE_MOST (8 << 20)

static unsigned long round_nr;

#define CHECK(c) do { \
	if (!(c)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); \
		abort(); \
	} \
} while (0)

void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

static void say_round(void)
{
	fprintf(stderr, "in round %lu: fuzz_crtar 0 %lu\n", round_nr, round_nr);
}

static void on_signal(int sig)
{
	fprintf(stderr, sig == SIGALRM ? "no end\n" : "aborted\n");
	say_round();
	_exit(1);
}

/** struct bytes_of - an archive in memory */
struct bytes_of {
	char *p;
	size_t len;
};

static size_t below(size_t n)
{
	return n ? check_random() % n : 0;
}

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

static void (*const changes[])(struct bytes_of *b) = { flip, cut, twice, move_blocks, forge_header, forge_header };

static int open_files(void)
{
	struct dirent **v;
	int i, n = scandir("/proc/self/fd", &v, NULL, NULL);

	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
	return n;
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

static void one_round(const struct gtree *g)
{
	static const enum source_bytes ways[] = { BYTES_NONE, BYTES_DIGEST, BYTES_KEEP };
	struct source s = { .bytes = ways[below(3)], .dir = -1, .cg.dir = -1, .apart = below(2) };
	struct bytes_of b = pack(g);
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
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	struct gtree *g;
	size_t n = golden_load(&g);
	time_t end = time(NULL) + seconds;

	signal(SIGALRM, on_signal);
	signal(SIGABRT, on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_round);
	round_nr = first;
	CHECK(n > 0);
	do {
		check_seed = (round_nr + 1) * 0x9e3779b97f4a7c15ULL;
		alarm(ROUND_MAX);
		one_round(&g[below(n)]);
		round_nr++;
	} while (time(NULL) < end);
	printf("%lu rounds\n", round_nr - first);
	while (n--)
		golden_free(&g[n]);
	free(g);
	return 0;
}
