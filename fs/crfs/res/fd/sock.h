/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rooms of sockets share. */
#ifndef CRFS_SOCK_H
#define CRFS_SOCK_H

#include "internal.h"

struct sk_buff;
struct sk_buff_head;
struct sock;

/* file_sock() - the socket of @f, if it is one of this family and not O_PATH */
struct sock *file_sock(const struct cfile *f, int family);

/*
 * hold_queue() - what is in a queue, a reference each, in the pool; let_go(). What comes behind it meanwhile is
 * not in it. Return: 0 or -ENOMEM
 */
int hold_queue(struct snap *s, struct sk_buff_head *q, struct sk_buff ***v, size_t *n);
void let_go(struct sk_buff **v, size_t n);

/* sock_error_name() - an error that it has not yet told, or something in its error queue, is lost */
void sock_error_name(struct snap *s, const struct cfile *f);

/* skb_bytes() - @len bytes of a buffer, from @from on. Return: 0 or a negative errno */
int skb_bytes(const struct sk_buff *skb, u32 from, u32 len, struct text *out);

#endif
