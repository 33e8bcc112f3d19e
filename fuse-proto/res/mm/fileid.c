// SPDX-License-Identifier: GPL-2.0-or-later
/* How a file is known again: its build-id when it is a program, else size and time. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fileid.h"
#include "hex.h"
#include "proc.h"

#define NOTE_ROUND(n) (((n) + 3) & ~3U)

/* The notes of one PT_NOTE segment: Elf64_Nhdr, name, description, each rounded up to 4 bytes. */
static void search_notes(const uint8_t *p, size_t n, char *out)
{
	Elf64_Nhdr h;

	while (n >= sizeof(h) && !*out) {
		size_t name, desc;

		memcpy(&h, p, sizeof(h));
		name = NOTE_ROUND((size_t)h.n_namesz);
		desc = NOTE_ROUND((size_t)h.n_descsz);
		if (name > n - sizeof(h) || desc > n - sizeof(h) - name)
			return;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 &&
		    !memcmp(p + sizeof(h), "GNU", 4))
			out[hex_put(out, p + sizeof(h) + name, h.n_descsz < BUILD_ID_MAX ? h.n_descsz : BUILD_ID_MAX)] = 0;
		p += sizeof(h) + name + desc;
		n -= sizeof(h) + name + desc;
	}
}

static void build_id(int fd, char *out)
{
	uint8_t page[4096], notes[2048];
	Elf64_Phdr ph;
	Elf64_Ehdr eh;
	ssize_t n = pread(fd, page, sizeof(page), 0), len;
	size_t i, at;

	if (n < (ssize_t)sizeof(eh) || memcmp(page, ELFMAG, SELFMAG) ||
	    page[EI_CLASS] != ELFCLASS64)
		return;
	memcpy(&eh, page, sizeof(eh));
	for (i = 0; i < eh.e_phnum && !*out; i++) {
		at = eh.e_phoff + i * sizeof(ph);
		if (at > n - sizeof(ph))
			return;
		memcpy(&ph, page + at, sizeof(ph));
		if (ph.p_type != PT_NOTE)
			continue;
		len = ph.p_filesz < sizeof(notes) ? ph.p_filesz : sizeof(notes);
		len = pread(fd, notes, len, ph.p_offset);
		if (len > 0)
			search_notes(notes, len, out);
	}
}

int fileid_get(int fd, struct fileid *id)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*id = (struct fileid){ .size = st.st_size, .mtime = st.st_mtim.tv_sec,
			       .mtime_nsec = st.st_mtim.tv_nsec, .mode = st.st_mode & S_IFMT };
	if (!S_ISREG(st.st_mode))
		return 0;
	fd = proc_own(O_RDONLY, "self/fd/%d", fd);
	if (fd < 0)
		return 0;	/* known by size and time then */
	build_id(fd, id->build_id);
	close(fd);
	return 0;
}
