// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crtar sign: a detached signature of a manifest whose digests are fit for that.
 *
 * minisign's signature is of the BLAKE2b digest of the file, and has a second one of that and of its
 * trusted comment; openssl's (pkeyutl -rawin) is of the file itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/format.h>

#include "base64.h"
#include "sign.h"

#define COMMENT_MAX 4096

struct mini_sig {
	uint8_t alg[2], id[KEY_ID], sig[SIG_LEN];
};

static bool make(const struct key *k, const void *p, size_t n, uint8_t sig[SIG_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = SIG_LEN;
	bool ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
		  EVP_DigestSign(c, sig, &len, p, n) == 1 && len == SIG_LEN;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool holds(const struct key *k, const void *p, size_t n, const uint8_t sig[SIG_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
		  EVP_DigestVerify(c, sig, SIG_LEN, p, n) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool blake(const void *p, size_t n, uint8_t out[64])
{
	return EVP_Digest(p, n, out, NULL, EVP_blake2b512(), NULL) == 1;
}

int sign_bytes(const struct key *k, const void *p, size_t n, const char *name, char **out, size_t *len,
	       struct err *e)
{
	struct mini_sig s = { .alg = { 'E', 'D' } };
	char comment[COMMENT_MAX], line[128], last[128];
	uint8_t digest[64], all[SIG_LEN + COMMENT_MAX], global[SIG_LEN];
	bool ok = !k->mini ? make(k, p, n, s.sig) : blake(p, n, digest) && make(k, digest, 64, s.sig);
	int c;

	if (ok && !k->mini) {
		*out = malloc(SIG_LEN);
		*len = SIG_LEN;
		if (*out)
			memcpy(*out, s.sig, SIG_LEN);
		return *out ? 0 : fail(e, -ENOMEM, "memory for the signature");
	}
	c = snprintf(comment, sizeof(comment), "timestamp:%lld\tfile:manifest\t%.200s", (long long)time(NULL), name);
	memcpy(s.id, k->id, KEY_ID);
	memcpy(all, s.sig, SIG_LEN);
	memcpy(all + SIG_LEN, comment, c);
	if (!ok || !make(k, all, SIG_LEN + c, global))
		return fail(e, -EIO, "make the signature");
	EVP_EncodeBlock((unsigned char *)line, (unsigned char *)&s, sizeof(s));
	EVP_EncodeBlock((unsigned char *)last, global, sizeof(global));
	c = asprintf(out, "untrusted comment: signature of the manifest of a checkpoint\n%s\n"
		     "trusted comment: %s\n%s\n", line, comment, last);
	*len = c;
	return c < 0 ? fail(e, -ENOMEM, "memory for the signature") : 0;
}

/* Line @nr of a text, without its end; "" if there are not so many */
static const char *line_of(const char *text, int nr, size_t *len)
{
	while (nr-- && *text) {
		text = strchrnul(text, '\n');
		text += *text != '\0';
	}
	*len = strcspn(text, "\r\n");
	return text;
}

static bool mini_holds(const struct key *k, const void *p, size_t n, const struct mini_sig *s)
{
	uint8_t digest[64];

	if (!memcmp(s->alg, "Ed", 2))	/* of the file itself, as minisign made them before 0.6 */
		return holds(k, p, n, s->sig);
	return !memcmp(s->alg, "ED", 2) && blake(p, n, digest) && holds(k, digest, 64, s->sig);
}

static int mini_check(const struct key *k, const void *p, size_t n, const char *text, struct err *e)
{
	static const char trusted[] = "trusted comment: ";
	uint8_t all[SIG_LEN + COMMENT_MAX], global[SIG_LEN];
	struct mini_sig s;
	size_t len, clen, glen;
	const char *line = line_of(text, 1, &len), *comment = line_of(text, 2, &clen);
	const char *last = line_of(text, 3, &glen);

	if (base64_decode(line, len, &s, sizeof(s)) != sizeof(s) ||
	    base64_decode(last, glen, global, SIG_LEN) != SIG_LEN || clen < sizeof(trusted) - 1 ||
	    clen > COMMENT_MAX || memcmp(comment, trusted, sizeof(trusted) - 1))
		return fail(e, -EINVAL, "it is no signature of minisign");
	if (memcmp(s.id, k->id, KEY_ID))
		return fail(e, -EKEYREJECTED, "it was made with another key");
	if (!mini_holds(k, p, n, &s))
		return fail(e, -EKEYREJECTED, "it is not of this manifest");
	clen -= sizeof(trusted) - 1;
	memcpy(all, s.sig, SIG_LEN);
	memcpy(all + SIG_LEN, comment + sizeof(trusted) - 1, clen);
	return holds(k, all, SIG_LEN + clen, global) ? 0 :
	       fail(e, -EKEYREJECTED, "its trusted comment was changed");
}

int sign_check(const struct key *k, const void *p, size_t n, const char *sig, size_t len, struct err *e)
{
	if (k->mini)
		return mini_check(k, p, n, sig, e);
	if (len != SIG_LEN)
		return fail(e, -EINVAL, "it is no signature of openssl: 64 bytes");
	return holds(k, p, n, (const uint8_t *)sig) ? 0 :
	       fail(e, -EKEYREJECTED, "it is not of this manifest with this key");
}
