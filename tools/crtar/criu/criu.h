/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of CRIU's images, made of a checkpoint and made into one. */
#ifndef CRTAR_CRIU_H
#define CRTAR_CRIU_H

#include "image_memory.h"
#include "pool.h"

#include "criu.pb-c.h"

/* The first word of an image, and the second, by its kind: criu/include/magic.h of CRIU says which */
#define CRIU_COMMON	0x54564319
#define CRIU_INVENTORY	0x58313116
#define CRIU_PSTREE	0x50273030
#define CRIU_FDINFO	0x56213732
#define CRIU_PAGEMAP	0x56084025
#define CRIU_CORE	0x55053847
#define CRIU_IDS	0x54432030
#define CRIU_PIPES	0x56453709
#define CRIU_FS		0x51403912
#define CRIU_MM		0x57492820
#define CRIU_FILES	0x56303138
#define CRIU_MEMFD	0x48453499
#define CRIU_SECCOMP	0x64413049
#define CRIU_TIMENS	0x43114433

enum { CRIU_REG = 1, CRIU_PIPE = 2, CRIU_MEMFD_END = 18 };

/* Vma.status */
enum {
	CRIU_REGULAR = 1 << 0, CRIU_VSYSCALL = 1 << 2, CRIU_VDSO = 1 << 3, CRIU_HEAP = 1 << 5,
	CRIU_FILE_PRIVATE = 1 << 6, CRIU_FILE_SHARED = 1 << 7, CRIU_ANON_SHARED = 1 << 8,
	CRIU_ANON_PRIVATE = 1 << 9, CRIU_VVAR = 1 << 12, CRIU_OF_MEMFD = 1 << 14,
	CRIU_VMA_KNOWN = CRIU_REGULAR | 1 << 1 | CRIU_VDSO | CRIU_HEAP | CRIU_FILE_PRIVATE | CRIU_FILE_SHARED |
			 CRIU_ANON_SHARED | CRIU_ANON_PRIVATE | CRIU_VVAR | CRIU_OF_MEMFD,
};

#define CRIU_PAGE 4096
#define CRIU_PAGE_HERE 4		/* Pagemap.flags */
#define CRIU_SIGNALS 64

/** struct img - an image; @fd: -1: none */
struct img {
	int fd;
	char name[64];
};

/** img_create() - a new one in @dir, with its two words; @kind: 0: raw. Return: 0 or a negative errno */
int img_create(struct img *i, int dir, uint32_t kind, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/** img_open() - one that is there; -ENOENT is no error of @e */
int img_open(struct img *i, int dir, uint32_t kind, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void img_close(struct img *i);

int img_put(struct img *i, const void *msg, struct err *e);
int img_write(struct img *i, const void *p, size_t n, struct err *e);

/** img_get() - the next message, allocated in @pool; NULL: the end, or an error, which is in @e */
void *img_get(struct img *i, const ProtobufCMessageDescriptor *d, struct pool *pool, struct err *e);
/** img_read() - @n bytes that must be there */
int img_read(struct img *i, void *p, size_t n, struct err *e);

/** xsave_to_criu() - the fields of an XSAVE area. Return: 0, or a negative errno: it has others */
int xsave_to_criu(const uint8_t *area, size_t size, struct pool *pool, Criu__Fpregs *out, struct err *e);
/** xsave_from_criu() - the opposite; @area: @size bytes, of this CPU. Return: bytes in use, or an errno */
ssize_t xsave_from_criu(const Criu__Fpregs *in, uint8_t *area, size_t size, struct err *e);

/** criu_export() - a checkpoint as a directory of images; @dir: of it, empty. Every reason in @why */
int criu_export(struct image *im, int dir, struct errlist *why);

/**
 * criu_import() - a directory of images as a tree, whose payloads read from it
 * @pool: must stay as long as the tree
 */
int criu_import(int dir, struct tree *t, struct pool *pool, struct errlist *why);

#endif
