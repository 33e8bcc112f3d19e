// SPDX-License-Identifier: GPL-2.0-or-later
/* XXH64 against known values and in pieces; lines of a manifest. */
#include <errno.h>

#include <crfs/digest.h>

#include "check.h"

static void xxh(const char *text, const char *want)
{
	struct crfs_xxh64 x;
	char hex[17];
	__u8 d[8];

	crfs_xxh64_init(&x);
	crfs_xxh64_update(&x, text, strlen(text));
	crfs_xxh64_final(&x, d);
	for (int i = 0; i < 8; i++)
		sprintf(hex + 2 * i, "%02x", d[i]);
	check(!strcmp(hex, want), "XXH64 of \"%s\" is %s", text, hex);
}

static void pieces(void)
{
	static char data[5000];
	__u8 whole[8], d[8];
	struct crfs_xxh64 x, y;
	int bad = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = check_random();
	crfs_xxh64_init(&x);
	crfs_xxh64_update(&x, data, sizeof(data));
	crfs_xxh64_final(&x, whole);
	for (int n = 0; n < 200; n++) {
		crfs_xxh64_init(&x);
		for (size_t at = 0, len; at < sizeof(data); at += len) {
			len = check_random() % 200;
			if (len > sizeof(data) - at)
				len = sizeof(data) - at;
			crfs_xxh64_update(&x, data + at, len);
			y = x;
			crfs_xxh64_final(&y, d);
			x = y;
		}
		crfs_xxh64_final(&x, d);
		bad += memcmp(d, whole, 8) != 0;
	}
	check(!bad, "pieces give the digest of the whole, and states can be copied");
}

static long again(const char *text, size_t len, char *out, struct crfs_reader *r)
{
	struct crfs_writer w = { .buf = out, .size = 1024 };
	char copy[1024];
	struct crfs_digest d;
	int err;

	memcpy(copy, text, len);
	crfs_reader_init(r, copy, len);
	while ((err = crfs_read_digest(r, &d)) > 0)
		if (crfs_write_digest(&w, &d))
			return -EIO;
	return err ? err : (long)w.len;
}

#define X16 "0123456789abcdef"
#define GOOD "XXH64 (tasks/42/regs) = " X16 "\n" \
	     "SHA256 (header) = " X16 X16 X16 X16 "\n" \
	     "XXH64 (odd ) = " X16 ") = name) = ffffffffffffffff\n"

static void lines(void)
{
	static const char *const bad[] = {
		"XXH64 (a) = " X16, "XXH64 (a) = " X16 " \n", "XXH64 (a) = 0123456789abcdeF\n",
		"XXH64 (a) = 0123456789abcde\n", "XXH64  (a) = " X16 "\n", "XXH32 (a) = " X16 "\n",
		"xxh64 (a) = " X16 "\n", "XXH64 () = " X16 "\n", "XXH64 (/a) = " X16 "\n",
		"XXH64 (a/) = " X16 "\n", "XXH64 (a//b) = " X16 "\n", "XXH64 (./a) = " X16 "\n",
		"XXH64 (a/../b) = " X16 "\n", "XXH64 (..) = " X16 "\n", "XXH64 (a\\b) = " X16 "\n",
		"XXH64 (a\tb) = " X16 "\n", "XXH64 (a) = " X16 "\r\n", "SHA256 (a) = " X16 "\n",
		"\\XXH64 (a) = " X16 "\n", "\n", "XXH64", "XXH64 (a) = " X16 "\n\n",
		"XXH64 (a) =  " X16 "\n", " XXH64 (a) = " X16 "\n",
	};
	struct crfs_digest d = { .algorithm = CRFS_XXH64, .path = { "a\nb", 3 } };
	struct crfs_writer w = { .size = 0 };
	char out[1024], text[] = GOOD;
	struct crfs_reader r;
	size_t len = sizeof(text) - 1;
	int misread = 0;

	check(again(text, len, out, &r) == (long)len && !memcmp(out, text, len),
	      "lines round-trip");
	for (size_t i = 0; i < 8 * len; i++) {
		long n;

		text[i / 8] ^= 1 << (i & 7);
		n = again(text, len, out, &r);
		misread += n >= 0 ? n != (long)len || memcmp(out, text, len) : !r.why;
		text[i / 8] ^= 1 << (i & 7);
	}
	check(!misread, "no flipped bit is misread");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		long n = again(bad[i], strlen(bad[i]), out, &r);

		check(n == -EINVAL, "bad line %zu: %s", i, n < 0 ? r.why : "read");
	}
	check(crfs_write_digest(&w, &d) == -EINVAL && !w.len,
	      "a path with a newline is not printed");
	d.path = (struct crfs_str){ "a", 1 };
	d.algorithm = 2;
	check(crfs_write_digest(&w, &d) == -EINVAL, "an unknown algorithm is not printed");
}

/* What xxhsum itself says: the lines are its own, and it can check them. */
static void xxhsum(void)
{
	char dir[] = "/tmp/digest_test.XXXXXX", cmd[256], line[128];
	struct crfs_digest d = { .algorithm = CRFS_XXH64, .path = { "f", 1 } };
	struct crfs_writer w = { .buf = line, .size = sizeof(line) };
	struct crfs_xxh64 x;
	FILE *f;

	if (system("command -v xxhsum sha256sum >/dev/null") || !mkdtemp(dir)) {
		printf("ok - xxhsum # SKIP it is not installed\n");
		return;
	}
	crfs_xxh64_init(&x);
	crfs_xxh64_update(&x, "crfs\n", 5);
	crfs_xxh64_final(&x, d.digest);
	crfs_write_digest(&w, &d);
	snprintf(cmd, sizeof(cmd), "cd %s && echo crfs >f && cat >m && xxhsum -q -c m && "
		 "sha256sum --tag f >>m", dir);
	f = popen(cmd, "w");
	fwrite(line, 1, w.len, f);
	check(pclose(f) == 0, "xxhsum -c accepts a line of ours");
	snprintf(cmd, sizeof(cmd), "cd %s && cat m && rm -r %s", dir, dir);
	f = popen(cmd, "r");
	if (f) {
		char buf[512], out[1024];
		size_t n = fread(buf, 1, sizeof(buf), f);
		struct crfs_reader r;

		pclose(f);
		check(again(buf, n, out, &r) == (long)n && !memcmp(out, buf, n),
		      "sha256sum --tag prints lines as ours");
	}
}

int main(void)
{
	xxh("", "ef46db3751d8e999");
	xxh("a", "d24ec4f1a98c6e5b");
	xxh("abc", "44bc2cf5ad770999");
	pieces();
	lines();
	xxhsum();
	return check_exit();
}
