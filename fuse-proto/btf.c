// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own types (BTF, Documentation/bpf/btf.rst): as much of them as it takes to find a member. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btf.h"

static size_t extra(const struct btf_type *t)
{
	size_t n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return n * 8;
	case BTF_KIND_DATASEC:
	case 19:		/* BTF_KIND_ENUM64, Linux 6.0 */
		return n * 12;
	default:
		return 0;
	}
}

static int read_all(struct btf *b, int fd, size_t size)
{
	ssize_t n = -1;

	b->buf = malloc(size + 1);
	if (b->buf)
		for (; (n = read(fd, b->buf + b->size, size - b->size)) > 0; b->size += n)
			;
	return n < 0 ? -EIO : 0;
}

/* From Linux 6.16 on it can be mapped, and need not be copied. */
static int get_all(struct btf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -EIO;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st)) {
		b->map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (b->map == MAP_FAILED) {
			b->map = NULL;
			rc = read_all(b, fd, st.st_size);
		} else {
			b->buf = b->map;
			b->size = st.st_size;
			rc = 0;
		}
	}
	close(fd);
	return rc;
}

static int load(struct btf *b, const char *path)
{
	const struct btf_header *h;
	const char *p, *end;
	int rc = get_all(b, path);

	h = (void *)b->buf;
	if (rc || b->size < sizeof(*h) || h->magic != BTF_MAGIC)
		return rc ?: -EBADMSG;
	p = b->buf + h->hdr_len + h->type_off;
	end = p + h->type_len;
	b->strings = b->buf + h->hdr_len + h->str_off;
	if (end > b->buf + b->size || b->strings + h->str_len > b->buf + b->size)
		return -EBADMSG;
	b->off = calloc(h->type_len / sizeof(struct btf_type) + 2, sizeof(*b->off));
	if (!b->off)
		return -ENOMEM;
	for (b->nr = 1; p < end; b->nr++) {
		b->off[b->nr] = (const void *)p;
		p += sizeof(struct btf_type) + extra(b->off[b->nr]);
	}
	return 0;
}

int btf_load(struct btf *b)
{
	return load(b, "/sys/kernel/btf/vmlinux");
}

/* Through typedefs and qualifiers. */
static const struct btf_type *plain(const struct btf *b, uint32_t id)
{
	const struct btf_type *t = id && id < b->nr ? b->off[id] : NULL;
	int kind;

	while (t) {
		kind = BTF_INFO_KIND(t->info);
		if (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_CONST && kind != BTF_KIND_VOLATILE &&
		    kind != BTF_KIND_TYPE_TAG)
			break;
		t = t->type && t->type < b->nr ? b->off[t->type] : NULL;
	}
	return t;
}

/* Also in what has no name. Return: the offset in bytes, or -1 */
static long member_at(const struct btf *b, const struct btf_type *t, const char *name, int depth)
{
	const struct btf_member *m = (const void *)(t + 1);
	size_t i, n = BTF_INFO_VLEN(t->info);

	for (i = 0; i < n; i++) {
		uint32_t bits = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
		const struct btf_type *in;
		long at;

		if (m[i].name_off) {
			if (!strcmp(b->strings + m[i].name_off, name))
				return bits / 8;
			continue;
		}
		in = depth < 8 ? plain(b, m[i].type) : NULL;
		if (!in || (BTF_INFO_KIND(in->info) != BTF_KIND_STRUCT &&
			    BTF_INFO_KIND(in->info) != BTF_KIND_UNION))
			continue;
		at = member_at(b, in, name, depth + 1);
		if (at >= 0)
			return bits / 8 + at;
	}
	return -1;
}

long btf_member(const struct btf *b, const struct btf_type *t, const char *name)
{
	return member_at(b, t, name, 0);
}

/* Texts of a module begin where those of the kernel end. */
static bool is_called(const struct btf *b, const struct btf *m, uint32_t off, const char *name)
{
	const size_t kernel = ((const struct btf_header *)b->buf)->str_len;

	if (off < kernel)
		return !strcmp(b->strings + off, name);
	return off - kernel < ((const struct btf_header *)m->buf)->str_len && !strcmp(m->strings + off - kernel, name);
}

static long module_member(const struct btf *b, const struct btf *m, const char *type, const char *name)
{
	const struct btf_member *f;
	size_t i, k;

	for (i = 1; i < m->nr; i++) {
		if (BTF_INFO_KIND(m->off[i]->info) != BTF_KIND_STRUCT || !is_called(b, m, m->off[i]->name_off, type))
			continue;
		f = (const void *)(m->off[i] + 1);
		for (k = 0; k < BTF_INFO_VLEN(m->off[i]->info); k++)
			if (is_called(b, m, f[k].name_off, name))
				return (BTF_INFO_KFLAG(m->off[i]->info) ? BTF_MEMBER_BIT_OFFSET(f[k].offset) :
					f[k].offset) / 8;
	}
	return -1;
}

long btf_module_member(const struct btf *b, const char *module, const char *type, const char *name)
{
	struct btf m = { .buf = NULL };
	char path[64];
	long at = -1;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	if (!load(&m, path))
		at = module_member(b, &m, type, name);
	btf_free(&m);
	return at;
}

void btf_free(struct btf *b)
{
	if (b->map)
		munmap(b->map, b->size);
	else
		free(b->buf);
	free(b->off);
}
