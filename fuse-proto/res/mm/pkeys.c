// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Protection keys that a program has allocated: pkeys(7), x86 since 4.9.
 *
 * No call lists them. pkey_mprotect(2) of an address where nothing is mapped says EINVAL for a key
 * that is not allocated and ENOMEM for one that is (mm/mprotect.c, do_mprotect_pkey()). They are
 * allocated again in order, and what is between is freed. The key that the kernel takes for
 * execute-only memory counts as not allocated, and finds its place again by itself.
 */
#include <cpuid.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "pkeys.h"
#include "res/task/ask.h"

#define NR_KEYS 16
#define PAGE 4096

static const char key;

/* CR4.PKE, as CPUID.7.0:ECX.OSPKE shows it: the processor can, and the kernel does. */
static bool have_keys(void)
{
	unsigned int a, b, c = 0, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c >> 4 & 1;
}

void pkeys_ask(struct snap *s, struct task *t, uint64_t at, struct tape *tape)
{
	unsigned int *ops = pool_alloc(&s->scratch, NR_KEYS * sizeof(*ops));
	int i;

	if (!ops || !have_keys())
		return;
	for (i = 1; i < NR_KEYS; i++)
		ops[i] = ask(tape, SYS_pkey_mprotect, at, PAGE, PROT_NONE, i);
	snap_note(s, t, &key, ops);
}

void pkeys_list(const struct task *t, struct text *list)
{
	const unsigned int *ops = snap_noted(t, &key);
	int i;

	for (i = 1; ops && t->tape && i < NR_KEYS; i++)
		if (ask_ret(t, ops[i]) == -ENOMEM)
			text_list(list, i);
}

static unsigned int mask_of(struct crfs_str list)
{
	unsigned int mask = 0;
	__u64 v;

	while (crfs_list_next(&list, &v))
		mask |= v && v < NR_KEYS ? 1U << v : 1;
	return mask;
}

void pkeys_check(struct image *im, const struct iobj *o, struct crfs_str list)
{
	unsigned int mask = mask_of(list);

	if (mask & 1)
		image_mismatch(im, -EINVAL, o->path, "status: pkeys: 1 to 15");
	else if (mask && !have_keys())
		image_mismatch(im, -EOPNOTSUPP, o->path,
			       "protection keys: use a machine whose /proc/cpuinfo has ospke");
}

/* Memory that was forked has the keys of whom it was forked from. */
void pkeys_put(struct crfs_str list, struct tape *t)
{
	unsigned int mask = mask_of(list);
	struct tape_op *op;
	int i, last = mask ? 31 - __builtin_clz(mask) : 0;

	for (i = 1; i < NR_KEYS && have_keys(); i++)
		tape_call(t, "pkey_free", SYS_pkey_free, i)->want = WANT_ANY;
	for (i = 1; i <= last; i++) {
		op = tape_call(t, "pkey_alloc", SYS_pkey_alloc, 0, 0);
		op->want = WANT_EXACT;
		op->expect = i;
	}
	for (i = 1; i < last; i++)
		if (!(mask >> i & 1))
			tape_call(t, "pkey_free", SYS_pkey_free, i);
}
