/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of manifests: Ed25519, as minisign(1) or openssl(1) make them. */
#ifndef CRTAR_SIGN_H
#define CRTAR_SIGN_H

#include <openssl/evp.h>

#include "source.h"

#define KEY_ID 8
#define KEY_LEN 32
#define SIG_LEN 64

/**
 * struct key - a key that was read
 * @mini: of minisign, and its signatures are too; else of openssl, whose signatures are 64 bytes
 * @id: minisign's number of it
 */
struct key {
	EVP_PKEY *pkey;
	bool mini;
	uint8_t id[KEY_ID];
};

/** key_read() - @secret: to sign with. Return: 0 or a negative errno with the reason */
int key_read(const char *file, bool secret, struct key *k, struct err *e);
void key_free(struct key *k);

/** sign_bytes() - the text of a signature file, malloc'ed */
int sign_bytes(const struct key *k, const void *p, size_t n, const char *name, char **out, size_t *len,
	       struct err *e);

/** sign_check() - is @sig, a signature file's content, one of these bytes with this key? */
int sign_check(const struct key *k, const void *p, size_t n, const char *sig, size_t len, struct err *e);

/** file_read() - a small file, whole */
int file_read(const char *name, char **out, size_t *len, struct err *e);

/** signature_name() - of the signature of @checkpoint by such a key, malloc'ed */
char *signature_name(const char *checkpoint, const struct key *k);

/** signature_check() - is the manifest of an open source signed so? @file: NULL: the usual name */
int signature_check(struct source *s, const char *key, const char *file, struct err *e);

#endif
