// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits in a unix socket: copied when the snapshot is taken.
 *
 * While its iolock is held nobody takes from it; who sends, and that may be somebody outside, only adds behind. So
 * what was there when it was looked at is what is shown. Descriptors in a message are counted among the container's
 * from then on.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/af_unix.h>
#include <net/scm.h>
#include <net/sock.h>

#include "internal.h"
#include "res/fd/sock.h"
#include "res/fd/unix_scan.h"

#define NOBODY 65534

/** struct taking - @waits: the queue of a connection that waits to be accepted; @oob: the buffer with urgent data */
struct taking {
	struct snap *s;
	struct usock *u;
	struct umsg *at;
	bool waits;
	const struct sk_buff *oob;
};

/* The kernel puts nobody's name on an urgent byte unless it is asked to, and leaves root's ids in it. */
static bool goes_on_unnamed(const struct umsg *m, const struct unix_skb_parms *p, struct user_namespace *ns)
{
	return m && m->pid == p->pid && (!p->pid || (m->uid == from_kuid_munged(ns, p->uid) &&
						     m->gid == from_kgid_munged(ns, p->gid)));
}

static bool goes_on(const struct taking *t, const struct unix_skb_parms *p)
{
	const struct umsg *m = t->at;
	struct user_namespace *ns = t->s->mi->cred->user_ns;

	if (t->oob)
		return goes_on_unnamed(m, p, ns);
	return m && t->u->type == SOCK_STREAM && !m->nr_files && !p->fp && m->pid == p->pid &&
#ifdef CONFIG_SECURITY_NETWORK
	       m->secid == p->secid &&
#endif
	       m->uid == from_kuid_munged(ns, p->uid) && m->gid == from_kgid_munged(ns, p->gid);
}

/* A description that no task has is numbered behind those that tasks have. */
static int meet(struct snap *s, struct usock *u, struct file *file, struct cfile **f)
{
	size_t before = s->nr_files;
	int rc = snap_file(s, u->f->task, -1, file, f);

	if (!rc && s->nr_files > before)
		(*f)->flight = true;
	return rc;
}

static int take_files(const struct taking *t, struct umsg *m, const struct scm_fp_list *fp)
{
	int i, rc = 0;

	m->files = snap_alloc(t->s, fp->count * sizeof(*m->files));
	if (!m->files)
		return -ENOMEM;
	for (i = 0; i < fp->count && !rc; i++) {
		if (!t->waits)
			rc = meet(t->s, t->u, fp->fp[i], &m->files[i]);
		else
			m->files[i] = files_known(t->s, fp->fp[i]);
		if (!rc && !m->files[i])
			rc = -ENXIO;
	}
	m->nr_files = rc ? 0 : fp->count;
	return rc;
}

/* Who sent it, as SCM_CREDENTIALS would say. */
static void take_sender(struct snap *s, const struct unix_skb_parms *p, struct umsg *m)
{
	struct user_namespace *ns = s->mi->cred->user_ns;

	unix_whois(s, p->pid, &m->who);
	m->pid = p->pid;
	m->uid = from_kuid_munged(ns, p->uid);
	m->gid = from_kgid_munged(ns, p->gid);
	m->creds = m->who.nr || m->uid != NOBODY || m->gid != NOBODY;
#ifdef CONFIG_SECURITY_NETWORK
	m->secid = p->secid;
#endif
}

static int add(struct taking *t, const struct sk_buff *skb, size_t len)
{
	const struct unix_skb_parms *p = &UNIXCB(skb);
	struct usock *u = t->u;
	struct umsg *m = snap_alloc(t->s, sizeof(*m));
	int rc = 0;

	if (!m)
		return -ENOMEM;
	*m = (struct umsg){ .len = len };
	take_sender(t->s, p, m);
	if (t->oob)
		m->creds = p->pid;
	else if (skb->sk && !t->waits)
		rc = unix_addr(t->s, skb->sk, &m->from);
	t->at = *u->last = m;
	u->last = &m->next;
	return rc ?: p->fp ? take_files(t, m, p->fp) : 0;
}

static int take(struct taking *t, const struct sk_buff *skb)
{
	const struct unix_skb_parms *p = &UNIXCB(skb);
	const u32 from = t->u->type == SOCK_STREAM ? p->consumed : 0;
	const size_t len = skb->len - from, before = t->u->data->w.len;
	int rc;

	if (!len && t->u->type == SOCK_STREAM)	/* urgent data that was read */
		return 0;
	if (t->oob && p->fp)
		return -EOPNOTSUPP;
	rc = skb_bytes(skb, from, len, t->u->data);
	if (rc)
		return rc;
	if (t->oob == skb)
		t->u->urgent_at = before;
	if (t->oob != skb && goes_on(t, p))
		t->at->len += len;
	else
		rc = add(t, skb, len);
	if (t->oob == skb)	/* a message by itself */
		t->at = NULL;
	return rc;
}

/* Of those that are held, the one with urgent data: another may lie where one lay that is gone. */
static const struct sk_buff *find_urgent(const struct usock *u, const struct sock *sk, struct sk_buff **v, size_t n)
{
#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
	const struct sk_buff *oob = u->urgent ? READ_ONCE(unix_sk(sk)->oob_skb) : NULL;
	size_t i;

	for (i = 0; oob && i < n; i++)
		if (v[i] == oob)
			return oob;
#endif
	return NULL;
}

int unix_queue_take(struct snap *s, struct usock *u, struct sock *sk, bool waits)
{
	struct taking t = { .s = s, .u = u, .waits = waits };
	struct sk_buff **v;
	size_t n, i;
	int rc;

	if (mutex_lock_killable(&unix_sk(sk)->iolock))
		return -EINTR;
	rc = hold_queue(s, &sk->sk_receive_queue, &v, &n);
	t.oob = rc ? NULL : find_urgent(u, sk, v, n);
	if (!rc && u->urgent && !t.oob)	/* it came, or was replaced, this moment */
		rc = -ESTALE;
	for (i = 0; i < n && !rc; i++)
		rc = take(&t, v[i]);
	mutex_unlock(&unix_sk(sk)->iolock);
	let_go(v, n);
	return rc;
}
