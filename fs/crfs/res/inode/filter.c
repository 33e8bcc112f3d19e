// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter of a socket: a classic BPF program, SO_ATTACH_FILTER, as the kernel keeps it for
 * SO_GET_FILTER. An eBPF program (SO_ATTACH_BPF) is refused.
 */
#include <linux/filter.h>
#include <net/sock.h>

#include <crfs/res/inode/filter.h>

#include "internal.h"
#include "res/fd/sockopt.h"

struct prog {
	size_t len;
	struct sock_filter insns[];
};

/* Nobody can change it while the socket is locked. Return: NULL without @rc: there is none */
static struct prog *copy(struct snap *s, const struct sk_filter *filter, int *rc)
{
	const struct sock_fprog_kern *orig = filter ? filter->prog->orig_prog : NULL;
	struct prog *p;

	*rc = filter && !orig ? -EACCES : 0;
	if (!orig || !orig->len || orig->len > BPF_MAXINSNS)
		return NULL;
	p = snap_alloc(s, struct_size(p, insns, orig->len));
	*rc = p ? 0 : -ENOMEM;
	if (!p)
		return NULL;
	p->len = orig->len;
	memcpy(p->insns, orig->filter, orig->len * sizeof(*p->insns));
	return p;
}

int filter_inode(struct snap *s, struct cfile *f, struct sock *sk, u32 *id)
{
	struct cinode *n;
	struct prog *p;
	int rc;

	*id = 0;
	lock_sock(sk);
	p = copy(s, rcu_dereference_protected(sk->sk_filter, lockdep_sock_is_held(sk)), &rc);
	release_sock(sk);
	if (rc == -EACCES) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "the socket has an eBPF filter (SO_ATTACH_BPF): let the program detach it");
		rc = 0;
	}
	if (!p)
		return rc;
	n = snap_inode(s, &res_inode_filter, &sk->sk_filter, NULL);
	if (!n)
		return -ENOMEM;
	n->priv = p;
	*id = n->id;
	return 0;
}

static int filter_read(struct snap *s, void *obj, struct text *out)
{
	const struct cinode *n = obj;
	const struct prog *p = n->priv;
	size_t i;

	text_section(out, &crfs_bpf_shape);
	for (i = 0; i < p->len; i++)
		text_rec(out, &crfs_bpf_shape,
			 &(struct crfs_bpf){ p->insns[i].code, p->insns[i].jt, p->insns[i].jf, p->insns[i].k });
	return 0;
}

const struct room res_inode_filter = {
	.name = "filter",
	.scope = PER_INODE,
	.read = filter_read,
};
