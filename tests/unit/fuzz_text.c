// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzzing the parser: what it accepts prints to the same bytes. For clang -fsanitize=fuzzer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/digest.h>

#include "every.h"

static const struct {
	const struct crfs_shape *shapes[3];
	int nr;
} files[] = {
	{ { &few_block }, 1 },
	{ { &few_rows }, 1 },
	{ { &every_block }, 1 },
	{ { &every_rows }, 1 },
	{ { &few_rows, &few_block, &every_rows }, 3 },
};

#define NR_FILES (sizeof(files) / sizeof(files[0]))

static long digests(struct crfs_reader *r, char *text, size_t len, char *out, size_t size)
{
	struct crfs_writer w = { .buf = out, .size = size };
	struct crfs_digest d;
	int err;

	crfs_reader_init(r, text, len);
	while ((err = crfs_read_digest(r, &d)) > 0)
		if (crfs_write_digest(&w, &d))
			abort();
	return err ? err : (long)w.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first byte says which file the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t which = len ? data[0] % (NR_FILES + 1) : 0;
	struct crfs_reader r;
	char *in, *out;
	long n;

	if (!len)
		return 0;
	data++;
	len--;
	in = malloc(len);	/* exactly as long as the text, so that ASan sees its end */
	out = malloc(len);
	if (len)
		memcpy(in, data, len);
	if (which < NR_FILES)
		n = every_again(&r, files[which].shapes, files[which].nr, in, len, out, len);
	else
		n = digests(&r, in, len, out, len);
	if (n >= 0 ? (size_t)n != len || (len && memcmp(out, data, len)) : !r.why || !r.line)
		abort();
	free(in);
	free(out);
	return 0;
}

/* A good text of file @which, to begin from. */
static size_t seed(size_t which, char *buf, size_t size)
{
	struct every every = { .i4 = -5, .x8 = ~0ULL, .o4 = 0644, .n4 = 7, .f4 = 0x137,
			       .str = { "a \\b", 4 }, .list = { "1,20,300", 8 } };
	struct few few = { .id = 10, .pos = -1, .flags = 0x12, .name = { "-", 1 } };
	struct crfs_digest d = { .algorithm = CRFS_XXH64, .path = { "tasks/42/regs", 13 } };
	struct crfs_writer w = { .buf = buf, .size = size };

	for (int i = 0; which < NR_FILES && i < files[which].nr; i++) {
		const struct crfs_shape *s = files[which].shapes[i];
		const void *rec = s->fields == every_fields ? (void *)&every : (void *)&few;

		crfs_write_section(&w, s);
		crfs_write_rec(&w, s, rec);
	}
	for (; which == NR_FILES && d.algorithm <= CRFS_SHA256; d.algorithm++)
		crfs_write_digest(&w, &d);
	return w.len < size ? w.len : size;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t size, unsigned int random);

/* libFuzzer's own changes, but never from nothing: it would not find twenty keys in a row. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t size, unsigned int random)
{
	if (len < 8 && size > 600) {
		data[0] = random % (NR_FILES + 1);
		return 1 + seed(data[0], (char *)data + 1, size - 1);
	}
	return LLVMFuzzerMutate(data, len, size);
}
