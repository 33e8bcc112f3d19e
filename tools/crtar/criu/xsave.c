// SPDX-License-Identifier: GPL-2.0-or-later
/* The extended registers: an XSAVE area (Intel SDM volume 1, 13.4) as fields, and the opposite. */
#include <cpuid.h>
#include <errno.h>
#include <string.h>

#include <crfs/xstate.h>

#include "criu.h"

#define X87_ST 32
#define X87_XMM 160
#define BIT(n) (1ULL << (n))

/* Components that images have a field for, and the bytes of it */
static const struct component {
	unsigned int nr, size;
} known[] = {
	{ 2, 256 }, { 3, 64 }, { 4, 64 }, { 5, 64 }, { 6, 512 }, { 7, 1024 }, { 9, 8 },
};
#define NR_KNOWN (sizeof(known) / sizeof(*known))

static unsigned int offset_of(unsigned int nr)
{
	unsigned int a, b = 0, c, d;

	__cpuid_count(13, nr, a, b, c, d);
	return b;
}

/* Where the field of a component is, and how many numbers it has */
static void *field_of(Criu__Xsave *x, unsigned int nr, size_t **n)
{
	switch (nr) {
	case 2:
		*n = &x->n_ymmh;
		return &x->ymmh;
	case 3:
		*n = &x->n_bndreg;
		return &x->bndreg;
	case 4:
		*n = &x->n_bndcsr;
		return &x->bndcsr;
	case 5:
		*n = &x->n_opmask;
		return &x->opmask;
	case 6:
		*n = &x->n_zmm_upper;
		return &x->zmm_upper;
	case 7:
		*n = &x->n_hi16_zmm;
		return &x->hi16_zmm;
	default:
		*n = &x->n_pkru;
		return &x->pkru;
	}
}

static size_t unit_of(unsigned int nr)
{
	return nr == 2 || nr == 9 ? 4 : 8;
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t load16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* What the area ends before is in its initial state, zeros. */
static int components(const uint8_t *area, size_t size, struct pool *pool, Criu__Xsave *x)
{
	uint64_t xcr0 = load64(area + CRFS_XSTATE_XCR0);
	unsigned int off;
	void **field;
	size_t i, *n;

	for (i = 0; i < NR_KNOWN; i++) {
		if (!(xcr0 >> known[i].nr & 1))
			continue;
		off = offset_of(known[i].nr);
		field = field_of(x, known[i].nr, &n);
		*field = pool_alloc(pool, known[i].size);
		if (!*field)
			return -ENOMEM;
		*n = known[i].size / unit_of(known[i].nr);
		if (off && off + known[i].size <= size)
			memcpy(*field, area + off, known[i].size);
	}
	return 0;
}

int xsave_to_criu(const uint8_t *area, size_t size, struct pool *pool, Criu__Fpregs *out, struct err *e)
{
	Criu__Xsave *x = pool_alloc(pool, sizeof(*x));
	uint64_t all = 3;
	size_t i;

	for (i = 0; i < NR_KNOWN; i++)
		all |= BIT(known[i].nr);
	if (!x || size < CRFS_XSTATE_MIN)
		return fail(e, -EBADMSG, "xstate: too short: copy the checkpoint again");
	criu__xsave__init(x);
	x->bv = load64(area + CRFS_XSTATE_BV);
	if (x->bv & ~all)
		return fail(e, -EOPNOTSUPP, "xstate: it uses 0x%llx, which images have no field for",
			    (unsigned long long)(x->bv & ~all));
	out->cwd = load16(area);
	out->swd = load16(area + 2);
	out->twd = load16(area + 4);
	out->fop = load16(area + 6);
	out->rip = load64(area + 8);
	out->rdp = load64(area + 16);
	out->mxcsr = load32(area + 24);
	out->mxcsr_mask = load32(area + 28);
	out->st = pool_alloc(pool, 128);
	out->xmm = pool_alloc(pool, 256);
	if (!out->st || !out->xmm || components(area, size, pool, x) < 0)
		return fail(e, -ENOMEM, "memory for registers");
	out->n_st = 32;
	out->n_xmm = 64;
	memcpy(out->st, area + X87_ST, 128);
	memcpy(out->xmm, area + X87_XMM, 256);
	out->xsave = x;
	return 0;
}

static void store(uint8_t *p, uint64_t v, size_t n)
{
	memcpy(p, &v, n);
}

ssize_t xsave_from_criu(const Criu__Fpregs *in, uint8_t *area, size_t size, struct err *e)
{
	Criu__Xsave *x = in->xsave;
	size_t i, *n, end = CRFS_XSTATE_MIN;
	unsigned int off, lo, hi;
	void **field;

	if (size < CRFS_XSTATE_MIN || in->n_st != 32 || in->n_xmm != 64 || (x && x->has_cet))
		return fail(e, -EOPNOTSUPP, "fpregs: not those of a 64-bit task, or with a shadow stack");
	memset(area, 0, size);
	store(area, in->cwd, 2);
	store(area + 2, in->swd, 2);
	store(area + 4, in->twd, 2);
	store(area + 6, in->fop, 2);
	store(area + 8, in->rip, 8);
	store(area + 16, in->rdp, 8);
	store(area + 24, in->mxcsr, 4);
	store(area + 28, in->mxcsr_mask, 4);
	memcpy(area + X87_ST, in->st, 128);
	memcpy(area + X87_XMM, in->xmm, 256);
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	store(area + CRFS_XSTATE_XCR0, (uint64_t)hi << 32 | lo, 8);
	store(area + CRFS_XSTATE_BV, x ? x->bv : 3, 8);
	for (i = 0; x && i < NR_KNOWN; i++) {
		field = field_of(x, known[i].nr, &n);
		if (!*n || !(x->bv >> known[i].nr & 1))
			continue;
		off = offset_of(known[i].nr);
		if (!off || off + known[i].size > size || *n * unit_of(known[i].nr) > known[i].size)
			return fail(e, -ENODEV, "fpregs: component %u: this CPU has none: convert it on one of the same kind",
				    known[i].nr);
		memcpy(area + off, *field, *n * unit_of(known[i].nr));
		end = off + known[i].size > end ? off + known[i].size : end;
	}
	return end;
}
