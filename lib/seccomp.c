// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Chains of seccomp filters, as threads run behind them. */
#ifdef __KERNEL__
#include <linux/seccomp.h>
#include <linux/string.h>
#else
#include <linux/seccomp.h>
#include <string.h>
#endif
#include <crfs/seccomp.h>

bool crfs_chain_same(const struct crfs_chain *a, const struct crfs_chain *b)
{
	size_t i;

	if (a->nr != b->nr || a->len != b->len ||
	    memcmp(a->insns, b->insns, a->len * sizeof(*a->insns)))
		return false;
	for (i = 0; i < a->nr; i++)
		if (a->filters[i].length != b->filters[i].length ||
		    a->filters[i].flags != b->filters[i].flags)
			return false;
	return true;
}

bool crfs_chain_supervised(const struct crfs_chain *c)
{
	size_t i;

	for (i = 0; i < c->len; i++)
		if (c->insns[i].code == (BPF_RET | BPF_K) &&
		    (c->insns[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

void crfs_chain_text(struct text *out, const struct crfs_seccomp *rec, const struct crfs_chain *c)
{
	struct crfs_bpf b;
	size_t i;

	text_section(out, &crfs_seccomp_shape);
	text_rec(out, &crfs_seccomp_shape, rec);
	text_section(out, &crfs_seccomp_filter_shape);
	for (i = 0; c && i < c->nr; i++)
		text_rec(out, &crfs_seccomp_filter_shape, &c->filters[i]);
	text_section(out, &crfs_bpf_shape);
	for (i = 0; c && i < c->len; i++) {
		b = (struct crfs_bpf){ c->insns[i].code, c->insns[i].jt, c->insns[i].jf, c->insns[i].k };
		text_rec(out, &crfs_bpf_shape, &b);
	}
}
