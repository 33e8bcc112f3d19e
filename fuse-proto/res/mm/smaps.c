// SPDX-License-Identifier: GPL-2.0-or-later
/* The mappings of a task as /proc/<pid>/smaps has them; the only place where its text is read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "mm.h"
#include "proc.h"

bool vma_has(const struct vma *v, const char *word)
{
	const char *p;

	for (p = v->vmflags; p[0] && p[1]; p += p[2] == ' ' ? 3 : 2)
		if (p[0] == word[0] && p[1] == word[1])
			return true;
	return false;
}

#define LOOK_BACK 8	/* mappings; those of one file stand together, and all have few kinds of flags */

static bool is(const char *s, const char *p, size_t n)
{
	return !strncmp(s, p, n) && !s[n];
}

/* Paths are printed as they are, but a newline as \012 (seq_file_path()). */
static const char *unescaped(struct snap *s, const char *p, size_t n)
{
	char *name = pool_strndup(&s->scratch, p, n), *nl;

	for (nl = name; nl && (nl = strstr(nl, "\\012")); nl++) {
		*nl = '\n';
		memmove(nl + 1, nl + 4, strlen(nl + 4) + 1);
	}
	return name;
}

/* The string of a mapping before this one is shared: most are the same. */
static const char *name_of(struct snap *s, const struct mm *mm, const struct vma *v, const char *p, size_t n)
{
	return v > mm->vmas && is(v[-1].name, p, n) ? v[-1].name : unescaped(s, p, n);
}

static const char *flags_of(struct snap *s, const struct mm *mm, const struct vma *v, const char *p, size_t n)
{
	const struct vma *w;

	for (w = v; w > mm->vmas && v - w < LOOK_BACK; w--)
		if (is(w[-1].vmflags, p, n))
			return w[-1].vmflags;
	return pool_strndup(&s->scratch, p, n);
}

/* "7f79411d9000-7f79411fb000 rw-p 00000000 00:00 0     [stack]" */
static int parse_head(struct snap *s, const struct mm *mm, struct vma *v, const char *p, const char *end)
{
	unsigned int major, minor;
	char *q;

	v->start = strtoull(p, &q, 16);
	v->end = strtoull(q + 1, &q, 16);
	v->prot = (q[1] == 'r' ? PROT_READ : 0) | (q[2] == 'w' ? PROT_WRITE : 0) |
		  (q[3] == 'x' ? PROT_EXEC : 0);
	v->flags = q[4] == 's' ? MAP_SHARED : MAP_PRIVATE;
	v->pgoff = strtoull(q + 5, &q, 16);
	major = strtoul(q, &q, 16);
	minor = strtoul(q + 1, &q, 16);
	v->dev = makedev(major, minor);
	v->ino = strtoull(q, &q, 10);
	q += strspn(q, " ");
	v->name = q < end ? name_of(s, mm, v, q, end - q) : "";
	v->vmflags = "";
	return v->name ? 0 : -ENOMEM;
}

/* Lines that matter; most of smaps does not. */
static int parse_line(struct snap *s, const struct mm *mm, struct vma *v, const char *p, const char *end)
{
	static const struct {
		const char *key;
		size_t at;
	} sizes[] = {
		{ "Rss:", offsetof(struct vma, rss) },
		{ "Anonymous:", offsetof(struct vma, anon) },
		{ "Swap:", offsetof(struct vma, swap) },
		{ "Shared_Clean:", offsetof(struct vma, shared) },
		{ "Shared_Dirty:", offsetof(struct vma, shared) },
		{ "Locked:", offsetof(struct vma, locked) },
		{ "KernelPageSize:", offsetof(struct vma, pagesize) },
	};
	size_t i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		n = strlen(sizes[i].key);
		if (p[0] == sizes[i].key[0] && !strncmp(p, sizes[i].key, n)) {
			*(uint64_t *)((char *)v + sizes[i].at) += strtoull(p + n, NULL, 10) << 10;
			return 0;
		}
	}
	if (!strncmp(p, "ProtectionKey:", 14))
		v->pkey = strtoul(p + 14, NULL, 10);
	if (strncmp(p, "VmFlags: ", 9))
		return 0;
	v->vmflags = flags_of(s, mm, v, p + 9, end - p - 9);
	return v->vmflags ? 0 : -ENOMEM;
}

/* A mapping begins with a line that begins with its address; all others begin with a capital. */
static bool is_head(const char *p)
{
	return (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f');
}

static size_t count_heads(const char *p)
{
	size_t n = 0;

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		n += is_head(p);
	return n;
}

int mm_vmas(struct snap *s, struct mm *mm)
{
	char *text, *p, *end;
	struct vma *v;
	int rc = 0;

	if (mm->vmas)
		return 0;
	text = proc_read(s->proc, NULL, "%d/smaps", mm->task->tid);
	if (!text)
		return -errno;
	v = pool_alloc(&s->scratch, (count_heads(text) + 1) * sizeof(*v));
	if (!v) {
		free(text);
		return -ENOMEM;
	}
	mm->vmas = v--;
	for (p = text; *p && !rc; p = end + 1) {
		end = strchrnul(p, '\n');
		if (is_head(p)) {
			rc = parse_head(s, mm, ++v, p, end);
			mm->nr_vmas++;
		} else if (mm->nr_vmas) {
			rc = parse_line(s, mm, v, p, end);
		}
		if (!*end)
			break;
	}
	free(text);
	return rc;
}
