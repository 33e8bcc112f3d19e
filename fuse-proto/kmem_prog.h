/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into the kernel's memory: its types, and the BPF programs with what they share with us. */
#ifndef CRFS_KMEM_PROG_H
#define CRFS_KMEM_PROG_H

#include <linux/bpf.h>

#include "btf.h"
#include "kmem.h"

#define ROOM 4096		/* read at a time */
#define NO_HOP ~0ULL

/**
 * struct kroom - what the program shares with us: from @addr it goes over pointers, at the offsets @hop, up to
 * NO_HOP, and reads @len bytes; @addr becomes where; @task: who it runs for
 */
struct kroom {
	uint64_t addr, len;
	int64_t rc;
	uint64_t task, hop[KMEM_HOPS];
	char data[ROOM];
};

#define DATA offsetof(struct kroom, data)
#define INSN(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }

/** kmem_bpf() - bpf(2). Return: what it says, or a negative errno */
int kmem_bpf(int cmd, union bpf_attr *a);

/** kmem_load() - a program of @n instructions. Return: its descriptor or a negative errno */
int kmem_load(const struct bpf_insn *p, size_t n);

/**
 * kmem_resolve() - where all members are (kmem_members.c)
 * @at: offsets in bytes; -1: this kernel has no such member
 * @page_size: of a struct page
 */
void kmem_resolve(const struct btf *b, long at[NR_KMEMBERS], uint64_t *page_size);

#endif
