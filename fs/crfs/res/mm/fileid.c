// SPDX-License-Identifier: GPL-2.0-only
/* How a file is known again: its build-id when it is a program, else size and time. */
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "internal.h"
#include "res/mm/mm.h"

#define NOTE_ROUND(n) (((n) + 3) & ~3U)
#define NOTES_MAX 2048
#define BUILD_ID_MAX 64
#ifndef NT_GNU_BUILD_ID
#define NT_GNU_BUILD_ID 3
#endif

/* The notes of one PT_NOTE segment: header, name, description, each rounded up to 4 bytes. */
static const char *search_notes(struct snap *s, const u8 *p, size_t n)
{
	struct elf64_note h;
	size_t name, desc;

	while (n >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		name = NOTE_ROUND((size_t)h.n_namesz);
		desc = NOTE_ROUND((size_t)h.n_descsz);
		if (name > n - sizeof(h) || desc > n - sizeof(h) - name)
			return NULL;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 && !memcmp(p + sizeof(h), "GNU", 4))
			return snap_printf(s, "%*phN", (int)min_t(u32, h.n_descsz, BUILD_ID_MAX),
					   p + sizeof(h) + name);
		p += sizeof(h) + name + desc;
		n -= sizeof(h) + name + desc;
	}
	return NULL;
}

static const char *note_of(struct snap *s, struct file *file, const struct elf64_phdr *ph, u8 *buf)
{
	loff_t at = ph->p_offset;
	ssize_t n = kernel_read(file, buf, min_t(u64, ph->p_filesz, NOTES_MAX), &at);

	return n > 0 ? search_notes(s, buf, n) : NULL;
}

static const char *build_id(struct snap *s, struct file *file, u8 *page, u8 *notes)
{
	struct elf64_hdr eh;
	struct elf64_phdr ph;
	const char *id = NULL;
	loff_t pos = 0;
	ssize_t n = kernel_read(file, page, PAGE_SIZE, &pos);
	u64 at;
	int i;

	if (n < (ssize_t)sizeof(eh) || memcmp(page, ELFMAG, SELFMAG) ||
	    page[EI_CLASS] != ELFCLASS64)
		return NULL;
	memcpy(&eh, page, sizeof(eh));
	for (i = 0; i < eh.e_phnum && !id; i++) {
		at = eh.e_phoff + i * sizeof(ph);
		if (at > n - sizeof(ph))
			break;
		memcpy(&ph, page + at, sizeof(ph));
		if (ph.p_type == PT_NOTE)
			id = note_of(s, file, &ph, notes);
	}
	return id;
}

int fileid_get(struct snap *s, struct file *file, struct fileid *id)
{
	struct file *own;
	struct kstat st;
	u8 *page;
	int rc = vfs_getattr(&file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (rc)
		return rc;
	*id = (struct fileid){ .build_id = "", .size = st.size, .mtime = st.mtime.tv_sec,
			       .mtime_nsec = st.mtime.tv_nsec };
	if (!S_ISREG(st.mode))
		return 0;
	own = file_reopen(file);
	page = kmalloc(PAGE_SIZE + NOTES_MAX, GFP_KERNEL);
	snap_tried(s, !page ? -ENOMEM : PTR_ERR_OR_ZERO(own));
	if (!IS_ERR(own) && page)	/* else it is known by size and time */
		id->build_id = build_id(s, own, page, page + PAGE_SIZE) ?: "";
	kfree(page);
	if (!IS_ERR(own))
		fput(own);
	return 0;
}
