// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers in use across the wait: general, flags, fs and gs base, x87, SSE, AVX, AVX-512, MXCSR. */
#include <asm/prctl.h>
#include <cpuid.h>
#include <pthread.h>

#include "tests/work/work.h"

/*
 * The wait is done in assembly, so that no compiler saves a register over it: access($CRFS_GO),
 * and pause in user space or nanosleep between, until it succeeds.
 */
struct box {
	uint64_t gpr[6];		/* rbx rbp r12 r13 r14 r15 */
	uint8_t st[8][16];		/* x87 */
	uint8_t v[32][64];		/* vectors, 16, 32 or 64 bytes each */
	uint64_t k[8];
	uint32_t mxcsr;
	uint16_t fcw;
} __attribute__((aligned(64)));

static const char *go;
static const struct timespec nap = { 0, 5000000 };

#define WAIT \
	"1: movl $21, %%eax\n" /* access */ \
	"   movq %[go], %%rdi\n" \
	"   xorl %%esi, %%esi\n" \
	"   syscall\n" \
	"   testq %%rax, %%rax\n" \
	"   jz 3f\n" \
	"   cmpl $0, %[spin]\n" \
	"   jne 2f\n" \
	"   movl $35, %%eax\n" /* nanosleep */ \
	"   movq %[nap], %%rdi\n" \
	"   xorl %%esi, %%esi\n" \
	"   syscall\n" \
	"   jmp 1b\n" \
	"2: pause\n" \
	"   jmp 1b\n" \
	"3:\n"

#define CLOBBER "rax", "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc"

static void wait_sse(struct box *in, struct box *out, int spin)
{
	(void)in;
	asm volatile(
		"movups 0(%[i]), %%xmm0\n movups 64(%[i]), %%xmm1\n movups 448(%[i]), %%xmm7\n"
		"movups 512(%[i]), %%xmm8\n movups 960(%[i]), %%xmm15\n"
		WAIT
		"movups %%xmm0, 0(%[o])\n movups %%xmm1, 64(%[o])\n movups %%xmm7, 448(%[o])\n"
		"movups %%xmm8, 512(%[o])\n movups %%xmm15, 960(%[o])\n"
		:: [i] "r" (in->v), [o] "r" (out->v), [go] "r" (go), [nap] "r" (&nap), [spin] "m" (spin)
		: CLOBBER, "xmm0", "xmm1", "xmm7", "xmm8", "xmm15");
}

__attribute__((target("avx")))
static void wait_avx(struct box *in, struct box *out, int spin)
{
	asm volatile(
		"vmovups 0(%[i]), %%ymm0\n vmovups 64(%[i]), %%ymm1\n vmovups 448(%[i]), %%ymm7\n"
		"vmovups 512(%[i]), %%ymm8\n vmovups 960(%[i]), %%ymm15\n"
		WAIT
		"vmovups %%ymm0, 0(%[o])\n vmovups %%ymm1, 64(%[o])\n vmovups %%ymm7, 448(%[o])\n"
		"vmovups %%ymm8, 512(%[o])\n vmovups %%ymm15, 960(%[o])\n"
		"vzeroupper\n"
		:: [i] "r" (in->v), [o] "r" (out->v), [go] "r" (go), [nap] "r" (&nap), [spin] "m" (spin)
		: CLOBBER, "xmm0", "xmm1", "xmm7", "xmm8", "xmm15");
}

__attribute__((target("avx512f")))
static void wait_avx512(struct box *in, struct box *out, int spin)
{
	asm volatile(
		"vmovups 0(%[i]), %%zmm0\n vmovups 64(%[i]), %%zmm1\n vmovups 448(%[i]), %%zmm7\n"
		"vmovups 512(%[i]), %%zmm8\n vmovups 960(%[i]), %%zmm15\n"
		"vmovups 1024(%[i]), %%zmm16\n vmovups 1984(%[i]), %%zmm31\n"
		"kmovw 2048(%[i]), %%k1\n kmovw 2056(%[i]), %%k7\n"
		WAIT
		"vmovups %%zmm0, 0(%[o])\n vmovups %%zmm1, 64(%[o])\n vmovups %%zmm7, 448(%[o])\n"
		"vmovups %%zmm8, 512(%[o])\n vmovups %%zmm15, 960(%[o])\n"
		"vmovups %%zmm16, 1024(%[o])\n vmovups %%zmm31, 1984(%[o])\n"
		"kmovw %%k1, 2048(%[o])\n kmovw %%k7, 2056(%[o])\n"
		"vzeroupper\n"
		:: [i] "r" (in->v), [o] "r" (out->v), [go] "r" (go), [nap] "r" (&nap), [spin] "m" (spin)
		: CLOBBER, "xmm0", "xmm1", "xmm7", "xmm8", "xmm15", "xmm16", "xmm31", "k1", "k7");
}

static void vectors(int kind, int width, int spin)
{
	static const int used[] = { 0, 1, 7, 8, 15, 16, 31 };
	struct box in, out;
	size_t i;

	memset(&out, 0, sizeof(out));
	work_fill(&in, sizeof(in), 7 + kind);
	if (kind == 0)
		wait_sse(&in, &out, spin);
	else if (kind == 1)
		wait_avx(&in, &out, spin);
	else
		wait_avx512(&in, &out, spin);
	for (i = 0; i < (kind == 2 ? 7 : 5); i++)
		if (memcmp(in.v[used[i]], out.v[used[i]], width))
			work_fail(__FILE__, __LINE__, "vector register %d of %d bytes is lost", used[i], width);
	if (kind == 2)
		CHECK((uint16_t)in.k[0] == (uint16_t)out.k[0] && (uint16_t)in.k[1] == (uint16_t)out.k[1]);
}

static void x87_mxcsr(int spin)
{
	long double a = 3.14159265358979323846L, b = 2.71828182845904523536L, c = 0, d = 0;
	uint32_t mxcsr = 0x1f80 | 0x6000 | 0x8000, mxcsr2, def = 0x1f80;
	uint16_t fcw = 0x027f | 0x0c00, fcw2;

	asm volatile(
		"ldmxcsr %[m]\n fninit\n fldcw %[w]\n fldt %[a]\n fldt %[b]\n"
		WAIT
		"fstpt %[d]\n fstpt %[c]\n fnstcw %[w2]\n stmxcsr %[m2]\n fninit\n ldmxcsr %[def]\n"
		: [c] "=m" (c), [d] "=m" (d), [w2] "=m" (fcw2), [m2] "=m" (mxcsr2)
		: [a] "m" (a), [b] "m" (b), [m] "m" (mxcsr), [w] "m" (fcw), [def] "m" (def),
		  [go] "r" (go), [nap] "r" (&nap), [spin] "m" (spin)
		: CLOBBER);
	CHECK(a == c && b == d);
	CHECK_EQ(fcw2, fcw);
	CHECK_EQ(mxcsr2, mxcsr);
}

/* All general registers and the flags while spinning: only rip moves. */
static void general(void)
{
	register const char *path asm("r10") = go;
	uint64_t in[8], out[8], *o = out;

	work_fill(in, sizeof(in), 99);
	path = go;	/* the call has clobbered r10 */
	asm volatile(
		"pushq %%rbp\n pushq %%rbx\n"
		"pushq %[o]\n"
		"movq 0(%[i]), %%rbx\n movq 8(%[i]), %%rbp\n movq 16(%[i]), %%r12\n"
		"movq 24(%[i]), %%r13\n movq 32(%[i]), %%r14\n movq 40(%[i]), %%r15\n"
		"movq 48(%[i]), %%r8\n movq 56(%[i]), %%r9\n"
		"std\n"
		"1: movl $21, %%eax\n movq %[go], %%rdi\n xorl %%esi, %%esi\n syscall\n"
		"testq %%rax, %%rax\n jz 2f\n pause\n jmp 1b\n"
		"2: cld\n popq %%rax\n"
		"movq %%rbx, 0(%%rax)\n movq %%rbp, 8(%%rax)\n movq %%r12, 16(%%rax)\n"
		"movq %%r13, 24(%%rax)\n movq %%r14, 32(%%rax)\n movq %%r15, 40(%%rax)\n"
		"movq %%r8, 48(%%rax)\n movq %%r9, 56(%%rax)\n"
		"popq %%rbx\n popq %%rbp\n"
		: [o] "+S" (o) : [i] "d" (in), [go] "r" (path)
		: "rax", "rcx", "rdi", "r8", "r9", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	CHECK(!memcmp(in, out, sizeof(in)));
}

static void bases(void)
{
	unsigned long fs, fs2, gs;

	CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0);
	CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000) == 0);
	work_wait();
	CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs2) == 0);
	CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0);
	CHECK_EQ(fs, fs2);
	CHECK_EQ(gs, 0x123456789000);
}

static int level;

static void *thread(void *arg)
{
	switch ((long)arg) {
	case 0: case 1: vectors(0, 16, (long)arg & 1); break;
	case 2: case 3: x87_mxcsr((long)arg & 1); break;
	case 4: general(); break;
	case 5: bases(); break;
	case 6: case 7: vectors(1, 32, (long)arg & 1); break;
	case 8: case 9: vectors(2, 64, (long)arg & 1); break;
	}
	return NULL;
}

int main(void)
{
	pthread_t t[10];
	long i, n;

	go = getenv("CRFS_GO");
	CHECK(go);
	level = __builtin_cpu_supports("avx512f") ? 2 : __builtin_cpu_supports("avx") ? 1 : 0;
	n = level == 2 ? 10 : level == 1 ? 8 : 6;
	for (i = 0; i < n; i++)
		CHECK(pthread_create(&t[i], NULL, thread, (void *)i) == 0);
	work_sleep(50);
	work_ready();
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	work_pass();
}
