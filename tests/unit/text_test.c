// SPDX-License-Identifier: GPL-2.0-or-later
/* Printing and parsing: random records come back, bad texts are refused for the right reason. */
#include <errno.h>

#include "check.h"
#include "every.h"

#define SIZE 16384
#define RECORDS 300

static const struct crfs_shape *const blocks_and_rows[] = {
	&every_block, &few_rows, &every_rows, &few_block,
};
static const struct crfs_shape *const one_block[] = { &few_block };
static const struct crfs_shape *const one_rows[] = { &few_rows };
static const struct crfs_shape *const every_one[] = { &every_block };
static const struct crfs_shape *const two[] = { &few_block, &few_rows };

/* Numbers of every length, with the extremes often. */
static uint64_t any(void)
{
	uint64_t v = check_random();

	switch (v % 5) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return 1ULL << (check_random() & 63);
	default:
		return check_random() >> (check_random() & 63);
	}
}

static struct crfs_str any_str(char *buf, size_t max)
{
	struct crfs_str s = { .p = buf, .len = check_random() % (max + 1) };
	bool plain = check_random() & 1;

	for (__u32 i = 0; i < s.len; i++)
		buf[i] = plain ? 'a' + check_random() % 26 : check_random();
	if (check_random() % 8 == 0) {
		buf[0] = '-';
		s.len = 1;
	}
	return s;
}

static struct crfs_str any_list(char *buf, size_t size)
{
	struct crfs_writer w = { .buf = buf, .size = size };

	for (uint64_t i = check_random() % 5; i; i--)
		crfs_list_add(&w, any());
	return (struct crfs_str){ .p = buf, .len = w.len };
}

static void any_record(struct every *e, char *str, char *list)
{
	*e = (struct every){
		.d1 = any(), .d2 = any(), .d4 = any(), .d8 = any(), .i1 = any(), .i2 = any(),
		.i4 = any(), .i8 = any(), .x1 = any(), .x2 = any(), .x4 = any(), .x8 = any(),
		.o1 = any(), .o2 = any(), .o4 = any(), .o8 = any(), .n1 = any(), .n4 = any(),
		.n8 = any(), .f1 = any(), .f2 = any(), .f4 = any(), .f8 = any(),
		.str = any_str(str, 40), .list = any_list(list, 128),
	};
	for (size_t i = 0; i < sizeof(e->blob); i++)
		e->blob[i] = check_random();
}

static bool str_equal(struct crfs_str a, struct crfs_str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

static bool equal(const struct every *a, const struct every *b)
{
	struct crfs_str none = { .len = 0 };
	struct every x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x.str = y.str = x.list = y.list = none;
	return str_equal(a->str, b->str) && str_equal(a->list, b->list) &&
	       !memcmp(&x, &y, sizeof(x));
}

static size_t print(const struct crfs_shape *s, const struct every *e, int nr, char *buf)
{
	struct crfs_writer w = { .buf = buf, .size = SIZE };

	crfs_write_section(&w, s);
	for (int i = 0; i < nr; i++)
		crfs_write_rec(&w, s, &e[i]);
	return w.len;
}

/* Any record, as a block and as rows, comes back equal and prints to the same bytes. */
static void round_trips(const struct crfs_shape *s, const char *what)
{
	static char str[3][64], list[3][128], text[SIZE], copy[SIZE], again[SIZE];
	int bad = 0, nr = s->layout == CRFS_BLOCK ? 1 : 3;

	for (int n = 0; n < RECORDS; n++) {
		struct every in[3], out[4];
		struct crfs_reader r;
		size_t len;
		int got = 0;

		memset(in, 0, sizeof(in));
		memset(out, 0, sizeof(out));
		for (int i = 0; i < nr; i++)
			any_record(&in[i], str[i], list[i]);
		len = print(s, in, nr, text);
		memcpy(copy, text, len);
		crfs_reader_init(&r, copy, len);
		bad += crfs_read_section(&r, s) != 0;
		while (got < 4 && crfs_read_rec(&r, s, &out[got]) == 1)
			got++;
		bad += got != nr || crfs_read_end(&r) != 0;
		for (int i = 0; i < nr && got == nr; i++)
			bad += !equal(&in[i], &out[i]);
		bad += print(s, out, nr, again) != len || memcmp(again, text, len);
	}
	check(!bad, "%d random records round-trip as %s", RECORDS * nr, what);
}

static size_t sample(char *buf, char *str, char *list)
{
	struct crfs_writer w = { .buf = buf, .size = SIZE };
	struct few few = { .id = 7, .pos = -1, .flags = 0x13, .name = { "a b\\", 4 } };
	struct every e;

	memset(&e, 0, sizeof(e));
	any_record(&e, str, list);
	crfs_write_section(&w, &every_block);
	crfs_write_rec(&w, &every_block, &e);
	crfs_write_section(&w, &few_rows);
	crfs_write_rec(&w, &few_rows, &few);
	few.name.len = 0;
	crfs_write_rec(&w, &few_rows, &few);
	crfs_write_section(&w, &every_rows);
	crfs_write_rec(&w, &every_rows, &e);
	crfs_write_section(&w, &few_block);
	crfs_write_rec(&w, &few_block, &few);
	return w.len;
}

/* Parses @text, and if that works prints it: does that give the same bytes? -1: refused */
static int same_again(const char *text, size_t len)
{
	char *in = malloc(len ? len : 1), out[SIZE];	/* of its own, so that ASan sees its end */
	struct crfs_reader r;
	long n;

	memcpy(in, text, len);
	n = every_again(&r, blocks_and_rows, 4, in, len, out, sizeof(out));
	free(in);
	return n < 0 ? -1 : n == (long)len && !memcmp(out, text, len);
}

/* No damage is read as something else: it is refused, or it is the text of another record. */
static void damage(void)
{
	static char text[SIZE], str[64], list[128];
	int bad = 0, refused = 0, cut = 0, gone = 0, twice = 0;
	static char other[SIZE + 1];

	for (int n = 0; n < 20; n++) {
		size_t len = sample(text, str, list);

		bad += same_again(text, len) != 1;
		for (size_t i = 0; i < 8 * len; i++) {
			text[i / 8] ^= 1 << (i & 7);
			bad += same_again(text, len) == 0;
			refused += same_again(text, len) < 0;
			text[i / 8] ^= 1 << (i & 7);
		}
		for (size_t i = 0; i < len; i++) {
			cut += same_again(text, i) >= 0;
			memcpy(other, text, i);
			memcpy(other + i, text + i + 1, len - i - 1);
			gone += same_again(other, len - 1) == 0;
			memcpy(other + i, text + i, 1);
			memcpy(other + i + 1, text + i, len - i);
			twice += same_again(other, len + 1) == 0;
		}
	}
	check(!bad && refused, "no flipped bit is misread (%d refused)", refused);
	check(!cut, "no text cut short is read");
	check(!gone, "no text with a byte missing is misread");
	check(!twice, "no text with a byte doubled is misread");
}

struct bad {
	const struct crfs_shape *const *shapes;
	int nr;
	const char *text;
	const char *why;
	const char *key;
	unsigned int line;
};

#define BLOCK one_block, 1
#define ROWS one_rows, 1
#define TWO two, 2
#define HEAD "id pos flags name\n"
#define DEC "not a decimal number of the field's range"
#define INT "not a signed decimal number of the field's range"
#define FLAGS "flags written otherwise than the table of names does"
#define ESCAPE "not an escape that printing makes"
#define TAIL "something behind the last value"
static const struct bad bad_texts[] = {
	{ BLOCK, "", "missing key", "id", 1 },
	{ BLOCK, "\n", "missing key", "id", 1 },
	{ BLOCK, "id 1\npos 0\nflags -\n", "missing key", "name", 4 },
	{ BLOCK, "id 1\nflags -\npos 0\nname -\n", "missing key", "pos", 2 },
	{ BLOCK, "id 1\nid 1\npos 0\nflags -\nname -\n", "repeated key", "id", 2 },
	{ BLOCK, "id 1\nsize 1\n", "unknown key", "size", 2 },
	{ BLOCK, "Id 1\n", "unknown key", NULL, 1 },
	{ BLOCK, " id 1\n", "unknown key", NULL, 1 },
	{ BLOCK, "id 1\n\npos 0\n", "missing key", "pos", 2 },
	{ BLOCK, "id\n", "missing value", "id", 1 },
	{ BLOCK, "id \n", "missing value", "id", 1 },
	{ BLOCK, "id  1\n", "more than one blank", "id", 1 },
	{ BLOCK, "id 1 \n", TAIL, "id", 1 },
	{ BLOCK, "id\t1\n", "unknown key", NULL, 1 },
	{ BLOCK, "id 1\r\n", DEC, "id", 1 },
	{ BLOCK, "id", "no newline at the end", NULL, 1 },
	{ BLOCK, "id 1", "no newline at the end", "id", 1 },
	{ BLOCK, "id 1\npos 0\nflags -\nname -", "no newline at the end", "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags -\nname -\n\n", "more than the file's sections", NULL, 5 },
	{ BLOCK, "id 1\npos 0\nflags -\nname -\nid 1\n", "more lines than the section has",
	  NULL, 5 },
	{ BLOCK, "id 01\n", DEC, "id", 1 },
	{ BLOCK, "id +1\n", DEC, "id", 1 },
	{ BLOCK, "id -1\n", DEC, "id", 1 },
	{ BLOCK, "id 0x1\n", DEC, "id", 1 },
	{ BLOCK, "id 4294967296\n", DEC, "id", 1 },
	{ BLOCK, "id 18446744073709551617\n", DEC, "id", 1 },
	{ BLOCK, "id 99999999999999999999999999\n", DEC, "id", 1 },
	{ BLOCK, "id 1\npos -0\n", INT, "pos", 2 },
	{ BLOCK, "id 1\npos -\n", INT, "pos", 2 },
	{ BLOCK, "id 1\npos 2147483648\n", INT, "pos", 2 },
	{ BLOCK, "id 1\npos -2147483649\n", INT, "pos", 2 },
	{ BLOCK, "id 1\npos 0\nflags A,B\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags E,A\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A,A\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags 0x0\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags 0x1\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags 0x20,A\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags 0x20,0x40\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A,0x21\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags LOW,MID\n", FLAGS, "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A,\n", "unknown flag", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags ,A\n", "unknown flag", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A,-\n", "unknown flag", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags C\n", "unknown flag", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A,0X20\n", "unknown flag", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags LAST\n", "flags beyond the field's range", "flags", 3 },
	{ BLOCK, "id 1\npos 0\nflags A\nname \\141\n", ESCAPE, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname a\\055\n", ESCAPE, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname \\04\n", ESCAPE, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname \\377\n", ESCAPE, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname \\\\\n", ESCAPE, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname a b\n", TAIL, "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname a\tb\n", "control character in a string", "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname a\x7f\n", "control character in a string", "name", 4 },
	{ BLOCK, "id 1\npos 0\nflags A\nname a\r\n", "control character in a string", "name", 4 },
	{ ROWS, "", "missing key", "id", 1 },
	{ ROWS, "id\n", "missing key", "pos", 1 },
	{ ROWS, "id pos name flags\n", "missing key", "flags", 1 },
	{ ROWS, "id pos flags name x\n", "more keys than known", NULL, 1 },
	{ ROWS, "id pos flags name \n", "more keys than known", NULL, 1 },
	{ ROWS, "id  pos flags name\n", "unknown key", NULL, 1 },
	{ ROWS, "id pos flags name", "no newline at the end", NULL, 1 },
	{ ROWS, HEAD "1 0 -\n", "fewer values than keys", "flags", 2 },
	{ ROWS, HEAD "1 0 - - -\n", TAIL, "name", 2 },
	{ ROWS, HEAD "1 0 - - \n", TAIL, "name", 2 },
	{ ROWS, HEAD "1  0 - -\n", "more than one blank", "pos", 2 },
	{ ROWS, HEAD " 1 0 - -\n", "more than one blank", "id", 2 },
	{ ROWS, HEAD "1 0 - \n", "missing value", "name", 2 },
	{ ROWS, HEAD "1 0 - -\n2 0 - -", "no newline at the end", "name", 3 },
	{ ROWS, HEAD "1 0 - -\n\n", "more than the file's sections", NULL, 3 },
	{ TWO, "id 1\npos 0\nflags A\nname -\n", "missing section", NULL, 5 },
	{ TWO, "id 1\npos 0\nflags A\nname -\n" HEAD, "more lines than the section has", NULL, 5 },
	{ TWO, "id 1\npos 0\nflags A\nname -\n\n\n" HEAD, "missing key", "id", 6 },
};

static long parse(const struct bad *b, const char *text, size_t len, struct crfs_reader *r)
{
	static char copy[SIZE], out[SIZE];

	memcpy(copy, text, len);
	return every_again(r, b->shapes, b->nr, copy, len, out, sizeof(out));
}

static void refusals(void)
{
	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
		const struct bad *b = &bad_texts[i];
		struct crfs_reader r;
		long n = parse(b, b->text, strlen(b->text), &r);
		bool key = n == -EINVAL && (b->key ? r.key && !strcmp(r.key, b->key) : !r.key);

		check(key && !strcmp(r.why, b->why) && r.line == b->line,
		      "bad text %zu: line %u: %s: %s", i, r.line, r.key ? r.key : "-",
		      n < 0 ? r.why : "read");
	}
}

struct grown {
	__u32 id;
	struct crfs_str name;
	__u32 more;
};

static const struct crfs_field grown_fields[] = {
	CRFS_FIELD(struct grown, CRFS_DEC, id),
	CRFS_FIELD_LATER(struct grown, CRFS_STR, name),
	CRFS_FIELD_LATER(struct grown, CRFS_DEC, more),
};
CRFS_SHAPE(grown_rows, struct grown, CRFS_ROWS, "grown", grown_fields);

/* Rows of a tree from before some columns were: all of them have those that their first line names. */
static void older(void)
{
	static const struct {
		const char *text, *name;
		int rc;
		__u32 more;
	} t[] = {
		{ "id name more\n7 x 9\n", "x", 1, 9 }, { "id name\n7 x\n", "x", 1, 0 }, { "id\n7\n", "", 1, 0 },
		{ "id\n7 x\n", NULL, -EINVAL, 0 }, { "id name\n7\n", NULL, -EINVAL, 0 },
		{ "id name\n7 x 9\n", NULL, -EINVAL, 0 }, { "id more\n7 9\n", NULL, -EINVAL, 0 },
		{ "name\nx\n", NULL, -EINVAL, 0 }, { "id name more more\n7 x 9 9\n", NULL, -EINVAL, 0 },
	};
	struct crfs_reader r;
	char copy[64];
	size_t i;
	int rc;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct grown g;

		memset(&g, 0xff, sizeof(g));
		crfs_reader_init(&r, strcpy(copy, t[i].text), strlen(t[i].text));
		rc = crfs_read_section(&r, &grown_rows) ?: crfs_read_rec(&r, &grown_rows, &g);
		check(rc == t[i].rc && (rc < 0 || (g.id == 7 && g.more == t[i].more && g.name.len == strlen(t[i].name) &&
						   !memcmp(g.name.p ?: "", t[i].name, g.name.len) &&
						   !crfs_read_rec(&r, &grown_rows, &g) && !crfs_read_end(&r))),
		      "rows with fewer columns %zu: %d", i, rc);
	}
}

/* One value of one field, the others as zero prints them. */
static bool accepts(const char *key, const char *value)
{
	static char text[SIZE], out[SIZE], copy[SIZE];
	struct crfs_writer w = { .buf = text, .size = SIZE };
	size_t len = 0, klen = strlen(key);
	struct crfs_reader r;
	struct every zero;
	char *p, *e;
	long n;

	memset(&zero, 0, sizeof(zero));
	crfs_write_section(&w, &every_block);
	crfs_write_rec(&w, &every_block, &zero);
	text[w.len] = '\0';
	for (p = text; *p; p = e + 1) {
		e = strchr(p, '\n');
		if (strncmp(p, key, klen) || p[klen] != ' ')
			len += sprintf(copy + len, "%.*s\n", (int)(e - p), p);
		else
			len += sprintf(copy + len, "%s %s\n", key, value);
	}
	memcpy(text, copy, len);
	n = every_again(&r, every_one, 1, copy, len, out, sizeof(out));
	if (n >= 0 && ((size_t)n != len || memcmp(out, text, len)))
		check(false, "%s %s is misread", key, value);
	return n >= 0;
}

static void values(void)
{
	static const struct {
		const char *key, *yes, *no[6];
	} t[] = {
		{ "d1", "255", { "256", "00", "1e1", "a" } },
		{ "d2", "65535", { "65536", "-1" } },
		{ "d8", "18446744073709551615", { "18446744073709551616" } },
		{ "i1", "-128", { "-129", "128", "--1", "-01" } },
		{ "i2", "-32768", { "-32769", "32768" } },
		{ "i8", "-9223372036854775808", { "9223372036854775808", "-9223372036854775809" } },
		{ "i8", "9223372036854775807", { "18446744073709551615" } },
		{ "x1", "0xff", { "0x100", "0x", "0xFF", "0x0f", "ff", "x" } },
		{ "x8", "0xffffffffffffffff", { "0x10000000000000000", "0X1", "0x00" } },
		{ "o1", "0377", { "0400", "00", "377", "08", "0o7", "00377" } },
		{ "o8", "01777777777777777777777", { "02000000000000000000000" } },
		{ "n1", "ONE", { "1", "UNO", "one", "TOP", "128", "ON" } },
		{ "n1", "ALL", { "-1", "255", "ALLE" } },
		{ "n1", "-128", { "-129" } },
		{ "n4", "TOP", { "-2147483648", "2147483648" } },
		{ "n4", "ALL", { "4294967295", "-1" } },
		{ "n8", "-2", { "18446744073709551614", "100" } },
		{ "f1", "LOW,E,0xc", { "LOW,0xc,E", "LOW,E,0x1c", "I", "LOW,E,0x10c", "" } },
		{ "f2", "B,E,I,0x4", { "MID,E,I", "B,I,E,0x4", "TOP" } },
		{ "f8", "A,TOP,LAST,0x8", { "A,LAST,TOP,0x8", "a" } },
		{ "str", "\\055", { "--\\055", "\\0555" } },
		{ "str", "\\000\\177\\134\\040\\012", { "\\200", "\\0", "\\\\", "\\178" } },
		{ "str", "\xc3\xa4--", { "\\303\\244" } },
		{ "blob", "00ff0123456789", { "00FF0123456789", "00ff01234567", "00ff012345678g",
					      "-", "00ff012345678900" } },
		{ "list", "0,18446744073709551615,1", { "01", "1,", ",1", "1,,2", "-,1",
							"18446744073709551616" } },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		check(accepts(t[i].key, t[i].yes), "%s %s is read", t[i].key, t[i].yes);
		for (int k = 0; k < 6 && t[i].no[k]; k++)
			check(!accepts(t[i].key, t[i].no[k]), "%s %s is refused", t[i].key,
			      t[i].no[k]);
	}
}

/* Counting goes on where the buffer ends, and nothing is written behind it. */
static void short_buffers(void)
{
	static char text[SIZE], str[64], list[128];
	struct every e;
	size_t len;
	int bad = 0;

	memset(&e, 0, sizeof(e));
	any_record(&e, str, list);
	len = print(&every_rows, &e, 1, text);
	for (size_t size = 0; size <= len; size++) {
		char *buf = malloc(size + 1);
		struct crfs_writer w = { .buf = size ? buf : NULL, .size = size };

		buf[size] = 'X';
		crfs_write_section(&w, &every_rows);
		crfs_write_rec(&w, &every_rows, &e);
		bad += w.len != len || memcmp(buf, text, size) || buf[size] != 'X';
		free(buf);
	}
	check(!bad, "short buffers hold the beginning, and the length is counted");
}

static void lists(void)
{
	char buf[64];
	struct crfs_writer w = { .buf = buf, .size = sizeof(buf) };
	struct crfs_str s, junk = { "12x", 3 };
	__u64 v = 0, sum = 0;
	int n = 0;

	crfs_list_add(&w, 5);
	crfs_list_add(&w, 0);
	crfs_list_add(&w, 37);
	s = (struct crfs_str){ .p = buf, .len = w.len };
	check(w.len == 6 && !memcmp(buf, "5,0,37", 6), "a list is made");
	for (; crfs_list_next(&s, &v); n++)
		sum += v;
	check(n == 3 && sum == 42 && !s.len, "a list is walked");
	check(!crfs_list_next(&junk, &v), "what is no list ends a walk");
}

static void looks(void)
{
	struct few few = { .id = 3, .pos = -2, .flags = 0x30, .name = { "/a b", 4 } };
	static const char want[] = "id 3\npos -2\nflags E,0x20\nname /a\\040b\n\n" HEAD
				   "3 -2 E,0x20 /a\\040b\n\n" HEAD;
	char buf[256];
	struct crfs_writer w = { .buf = buf, .size = sizeof(buf) };

	crfs_write_section(&w, &few_block);
	crfs_write_rec(&w, &few_block, &few);
	crfs_write_section(&w, &few_rows);
	crfs_write_rec(&w, &few_rows, &few);
	crfs_write_section(&w, &few_rows);
	check(w.len == sizeof(want) - 1 && !memcmp(buf, want, w.len), "it looks as specified");
}

/* A caller that takes one record of a block and goes on is told, too, that there is more. */
static void unread(void)
{
	char text[] = "id 1\npos 0\nflags A\nname -\nname -\n\n" HEAD;
	struct crfs_reader r;
	struct few few;

	crfs_reader_init(&r, text, sizeof(text) - 1);
	check(!crfs_read_section(&r, &few_block) && crfs_read_rec(&r, &few_block, &few) == 1 &&
	      crfs_read_section(&r, &few_rows) == -EINVAL && r.line == 5,
	      "a section does not begin before the last one ends");
}

int main(void)
{
	struct crfs_reader r;
	struct bad rows = { .shapes = one_rows, .nr = 1 };

	looks();
	round_trips(&every_block, "a block");
	round_trips(&every_rows, "rows");
	damage();
	refusals();
	older();
	check(parse(&rows, HEAD, strlen(HEAD), &r) == (long)strlen(HEAD), "no rows is no error");
	check(parse(&rows, HEAD "1 0 - a\0b\n", sizeof(HEAD "1 0 - a\0b\n") - 1, &r) == -EINVAL,
	      "a bare NUL is refused");
	values();
	short_buffers();
	lists();
	unread();
	return check_exit();
}
