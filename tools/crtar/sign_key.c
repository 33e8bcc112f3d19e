// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys: minisign's (two lines, the second in base64) and what openssl reads (PEM).
 *
 * A secret key of minisign has to be one without a password (minisign -G -W): signing is for scripts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "base64.h"
#include "sign.h"

#define FILE_MAX (64 << 10)

/* As they stand in the files, without padding. */
struct mini_public {
	uint8_t alg[2], id[KEY_ID], key[KEY_LEN];
};
struct mini_secret {
	uint8_t alg[2], kdf[2], sum[2], salt[32], ops[8], mem[8];
	uint8_t id[KEY_ID], seed[KEY_LEN], pub[KEY_LEN], check[32];
};

int file_read(const char *name, char **out, size_t *len, struct err *e)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char *buf = malloc(FILE_MAX + 1);
	size_t done = 0;
	ssize_t got = -1;

	while (fd >= 0 && buf && done < FILE_MAX && (got = read(fd, buf + done, FILE_MAX - done)) > 0)
		done += got;
	if (fd < 0 || !buf || got < 0) {
		fail_on(e, buf ? -errno : -ENOMEM, name, "read it");
		free(buf);
		if (fd >= 0)
			close(fd);
		return e->code;
	}
	close(fd);
	buf[done] = '\0';
	*out = buf;
	*len = done;
	return 0;
}

static int mini_secret(const char *name, const char *line, struct key *k, struct err *e)
{
	static const uint8_t none[2];
	struct mini_secret s;
	int r = 0;

	if (base64_decode(line, strcspn(line, "\r\n"), &s, sizeof(s)) != sizeof(s) || memcmp(s.alg, "Ed", 2))
		r = fail_on(e, -EINVAL, name, "it is no secret key of minisign");
	else if (memcmp(s.kdf, none, 2))
		r = fail_on(e, -ENOKEY, name, "it has a password: make one without (minisign -G -W)");
	else
		k->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s.seed, KEY_LEN);
	memcpy(k->id, s.id, KEY_ID);
	OPENSSL_cleanse(&s, sizeof(s));
	return r;
}

static int mini_public(const char *name, const char *line, struct key *k, struct err *e)
{
	struct mini_public p;

	if (base64_decode(line, strcspn(line, "\r\n"), &p, sizeof(p)) != sizeof(p) || memcmp(p.alg, "Ed", 2))
		return fail_on(e, -EINVAL, name, "it is no public key of minisign");
	k->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p.key, KEY_LEN);
	memcpy(k->id, p.id, KEY_ID);
	return 0;
}

static int no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf; (void)size; (void)rw; (void)arg;
	return -1;
}

static void pem(const char *text, size_t len, bool secret, struct key *k)
{
	BIO *b = BIO_new_mem_buf(text, len);

	if (b)
		k->pkey = secret ? PEM_read_bio_PrivateKey(b, NULL, no_password, NULL) :
				   PEM_read_bio_PUBKEY(b, NULL, no_password, NULL);
	BIO_free(b);
}

int key_read(const char *name, bool secret, struct key *k, struct err *e)
{
	char *text = NULL, *line;
	size_t len;
	int r = file_read(name, &text, &len, e);

	*k = (struct key){ .pkey = NULL };
	if (r < 0)
		return r;
	if (!strncmp(text, "untrusted comment:", 18)) {
		k->mini = true;
		line = strchrnul(text, '\n');
		line += *line != '\0';
		r = secret ? mini_secret(name, line, k, e) : mini_public(name, line, k, e);
	} else {
		pem(text, len, secret, k);
	}
	OPENSSL_cleanse(text, len);
	free(text);
	if (!r && (!k->pkey || EVP_PKEY_id(k->pkey) != EVP_PKEY_ED25519))
		r = fail_on(e, -EINVAL, name, "it is no %s Ed25519 key of minisign, nor of openssl in PEM",
			    secret ? "secret" : "public");
	return r;
}

void key_free(struct key *k)
{
	EVP_PKEY_free(k->pkey);
	k->pkey = NULL;
}
