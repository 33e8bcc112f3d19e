/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own types, as it describes them (BTF). */
#ifndef CRFS_BTF_H
#define CRFS_BTF_H

#include <stddef.h>
#include <linux/btf.h>

/** struct btf - the kernel's types; @map: they are mapped, else read; @off: where each stands */
struct btf {
	void *map;
	char *buf;
	const char *strings;
	size_t size, nr;
	const struct btf_type **off;
};

/** btf_load() - from /sys/kernel/btf/vmlinux. Return: 0 or a negative errno; then btf_free() all the same */
int btf_load(struct btf *b);
void btf_free(struct btf *b);

/**
 * btf_module_member() - where @name is in the struct @type of @module, whose own types add to those of @b
 * Return: bytes, or -1: there is no such module, or it does not describe itself
 */
long btf_module_member(const struct btf *b, const char *module, const char *type, const char *name);

/** btf_member() - where @name is in the struct @t, also inside of what has no name. Return: bytes, or -1 */
long btf_member(const struct btf *b, const struct btf_type *t, const char *name);

#endif
