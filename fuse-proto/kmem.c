// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking into the kernel's memory.
 *
 * Some state is told by no system call without taking it away: a connection that waits to be accepted, and what
 * has come on it. A BPF program of a few instructions (bpf_probe_read_kernel, Linux 5.14) reads it, and what
 * stands where the kernel's own types say (BTF). Nothing is written, taken or locked: so it is for what does not
 * change, as the container is frozen, and whoever looks must be able to tell that it did not.
 *
 * Payloads lie in pages, of which there are only struct pages. Where the kernel has all memory, and where the
 * array of struct pages begins (both are shuffled at boot), is found with a page of our own, whose number
 * /proc/self/pagemap tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <unistd.h>

#include "btf.h"
#include "kmem.h"
#include "kmem_prog.h"

#define PAGE 4096
#define GIB (1ULL << 30)

int kmem_bpf(int cmd, union bpf_attr *a)
{
	int rc = syscall(SYS_bpf, cmd, a, sizeof(*a));

	return rc < 0 ? -errno : rc;
}

/* Register 6 is the room, 7 where we are. */
#define HOP_INSNS 9
#define HEAD_INSNS 5
#define READ_INSNS 11

static void put_hop(struct bpf_insn *p, int i)
{
	const int left = (KMEM_HOPS - i) * HOP_INSNS;	/* to where reading begins */
	const struct bpf_insn hop[HOP_INSNS] = {
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 3, 6, offsetof(struct kroom, hop) + 8 * i, 0),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, left - 2, -1),
		INSN(BPF_ALU64 | BPF_ADD | BPF_X, 3, 7, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, DATA),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 8),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, left - 8 + READ_INSNS - 4, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 7, 6, DATA, 0),
	};

	memcpy(p, hop, sizeof(hop));
}

int kmem_load(const struct bpf_insn *p, size_t n)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_SYSCALL;
	a.prog_flags = BPF_F_SLEEPABLE;
	a.insns = (uintptr_t)p;
	a.insn_cnt = n;
	a.license = (uintptr_t)"GPL";
	return kmem_bpf(BPF_PROG_LOAD, &a);
}

static int load_reader(struct kmem *k)
{
	const struct bpf_insn head[HEAD_INSNS] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 6, BPF_PSEUDO_MAP_VALUE, 0, k->map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 0, offsetof(struct kroom, task), 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 7, 6, offsetof(struct kroom, addr), 0),
	};
	const struct bpf_insn read[READ_INSNS] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, -EFAULT),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 2, 6, offsetof(struct kroom, len), 0),
		INSN(BPF_JMP | BPF_JGT | BPF_K, 2, 0, 4, ROOM),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 7, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, DATA),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 0, offsetof(struct kroom, rc), 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 7, offsetof(struct kroom, addr), 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	struct bpf_insn p[HEAD_INSNS + KMEM_HOPS * HOP_INSNS + READ_INSNS];
	int i;

	memcpy(p, head, sizeof(head));
	for (i = 0; i < KMEM_HOPS; i++)
		put_hop(p + HEAD_INSNS + i * HOP_INSNS, i);
	memcpy(p + HEAD_INSNS + KMEM_HOPS * HOP_INSNS, read, sizeof(read));
	return k->prog = kmem_load(p, sizeof(p) / sizeof(p[0]));
}

static int start(struct kmem *k)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = 4;
	a.value_size = sizeof(struct kroom);
	a.max_entries = 1;
	a.map_flags = BPF_F_MMAPABLE;
	k->map = kmem_bpf(BPF_MAP_CREATE, &a);
	if (k->map < 0)
		return k->map;
	k->room = mmap(NULL, sizeof(*k->room), PROT_READ | PROT_WRITE, MAP_SHARED, k->map, 0);
	if (k->room == MAP_FAILED) {
		k->room = NULL;
		return -errno;
	}
	return load_reader(k) < 0 ? k->prog : 0;
}

int kmem_follow(struct kmem *k, uint64_t *addr, const uint64_t *hop, size_t n, void *buf, size_t len)
{
	union bpf_attr a;
	size_t i;
	int rc;

	memset(&a, 0, sizeof(a));
	a.test.prog_fd = k->prog;
	k->room->addr = *addr;
	k->room->len = len;
	k->room->rc = -EFAULT;
	for (i = 0; i < KMEM_HOPS; i++)
		k->room->hop[i] = i < n ? hop[i] : NO_HOP;
	rc = kmem_bpf(BPF_PROG_TEST_RUN, &a) ?: (int)k->room->rc;
	if (rc)
		return rc;
	*addr = k->room->addr;
	memcpy(buf, k->room->data, len);
	return 0;
}

int kmem_read(struct kmem *k, uint64_t addr, void *buf, size_t len)
{
	size_t part;
	int rc = 0;

	for (; len && !rc; len -= part, addr += part, buf = (char *)buf + part) {
		part = len < ROOM ? len : ROOM;
		rc = kmem_follow(k, &addr, NULL, 0, buf, part);
	}
	return rc;
}

int kmem_get(struct kmem *k, uint64_t addr, enum kmember m, void *buf, size_t len)
{
	return k->at[m] < 0 || !addr ? -EOPNOTSUPP : kmem_read(k, addr + k->at[m], buf, len);
}

uint64_t kmem_task(struct kmem *k)
{
	uint64_t none = 0;

	kmem_follow(k, &none, NULL, 0, NULL, 0);
	return k->room->task;
}

/* From our own descriptor table over the file: @hop has @n offsets more. */
static int from_file(struct kmem *k, int fd, const enum kmember *hop, size_t n, uint64_t *addr, void *buf, size_t len)
{
	uint64_t to[KMEM_HOPS] = { k->at[K_FILES_FDT], k->at[K_FDT_FD], 8ULL * fd };
	size_t i;
	int rc = 0;

	if (!k->files)
		rc = kmem_get(k, kmem_task(k), K_TASK_FILES, &k->files, sizeof(k->files));
	if (!rc && (k->at[K_FILES_FDT] < 0 || k->at[K_FDT_FD] < 0))
		rc = -EOPNOTSUPP;
	for (i = 0; i < n && !rc; i++) {
		to[3 + i] = k->at[hop[i]];
		rc = k->at[hop[i]] < 0 ? -EOPNOTSUPP : 0;
	}
	*addr = k->files;
	return rc ?: kmem_follow(k, addr, to, 3 + n, buf, len);
}

int kmem_file(struct kmem *k, int fd, uint64_t *file)
{
	return from_file(k, fd, NULL, 0, file, NULL, 0);
}

int kmem_socket_read(struct kmem *k, int fd, uint64_t *sk, void *buf, size_t len)
{
	static const enum kmember hop[] = { K_FILE_PRIVATE, K_SOCKET_SK };

	return from_file(k, fd, hop, 2, sk, buf, len);
}

int kmem_socket(struct kmem *k, int fd, uint64_t *sk)
{
	return kmem_socket_read(k, fd, sk, NULL, 0);
}

/* The number of the page at @p, which must be in memory. */
static int number_of(const void *p, uint64_t *pfn)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (pread(fd, pfn, sizeof(*pfn), (uintptr_t)p / PAGE * 8) != sizeof(*pfn))
		rc = -EIO;
	close(fd);
	*pfn &= (1ULL << 55) - 1;
	return rc ? rc : *pfn ? 0 : -EPERM;
}

/* The struct page of @p: as a pipe has it into which it was spliced. */
static int page_of(struct kmem *k, void *p, uint64_t *page)
{
	struct iovec v = { p, PAGE };
	int ends[2], rc;
	uint64_t q;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = vmsplice(ends[1], &v, 1, 0) == PAGE ? kmem_file(k, ends[0], &q) : -errno;
	if (!rc)
		rc = kmem_get(k, q, K_FILE_PRIVATE, &q, sizeof(q));
	if (!rc)
		rc = kmem_read(k, q + k->at[K_PIPE_BUFS], &q, sizeof(q));
	if (!rc)
		rc = kmem_read(k, q + k->at[K_PIPE_PAGE], page, sizeof(*page));
	close(ends[0]);
	close(ends[1]);
	return rc;
}

/* Where the kernel has all memory: our page is found again at one of the places where that can begin. */
static int find_direct(struct kmem *k, uint64_t pfn, const char *mine)
{
	uint64_t begin = k->room->task & ~(GIB - 1), i;
	char is[64];

	for (i = 0; i < 1 << 16; i++, begin -= GIB)
		if (!kmem_read(k, begin + pfn * PAGE, is, sizeof(is)) && !memcmp(is, mine, sizeof(is))) {
			k->direct = begin;
			return 0;
		}
	return -ENOENT;
}

static int find_pages(struct kmem *k)
{
	char *mine = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	uint64_t pfn, page = 0;
	int rc;

	if (mine == MAP_FAILED)
		return -errno;
	if (syscall(SYS_getrandom, mine, 64, 0) != 64)
		rc = -EIO;
	else
		rc = number_of(mine, &pfn);
	if (!rc)
		rc = page_of(k, mine, &page);
	if (!rc) {
		k->pages = page - pfn * k->page_size;
		rc = find_direct(k, pfn, mine);
	}
	munmap(mine, PAGE);
	return rc;
}

int kmem_open(struct kmem *k)
{
	struct btf b = { .buf = NULL };
	int rc;

	*k = (struct kmem){ .map = -1, .prog = -1 };
	rc = btf_load(&b);
	if (!rc) {
		kmem_resolve(&b, k->at, &k->page_size);
		rc = start(k);
	}
	btf_free(&b);
	if (!rc)
		rc = find_pages(k);
	if (rc)
		kmem_close(k);
	return rc;
}

void kmem_close(struct kmem *k)
{
	if (k->room)
		munmap(k->room, sizeof(*k->room));
	if (k->prog >= 0)
		close(k->prog);
	if (k->map >= 0)
		close(k->map);
	k->room = NULL;
	k->prog = k->map = -1;
}

/** struct frag - skb_frag_t, which looked the same when it was a struct bio_vec */
struct frag {
	uint64_t page;
	uint32_t len, offset;
};

static int from_frags(struct kmem *k, uint64_t shinfo, uint32_t from, char **buf, uint32_t *len)
{
	struct frag f;
	uint8_t n = 0, i;
	int rc = kmem_get(k, shinfo, K_SHINFO_NR_FRAGS, &n, sizeof(n));

	for (i = 0; i < n && *len && !rc; i++) {
		rc = kmem_read(k, shinfo + k->at[K_SHINFO_FRAGS] + i * sizeof(f), &f, sizeof(f));
		if (!rc && (f.page & 1))	/* memory of a device */
			rc = -EFAULT;
		if (rc || from >= f.len) {
			from -= f.len;
			continue;
		}
		f.offset += from;
		f.len -= from;
		from = 0;
		if (f.len > *len)
			f.len = *len;
		rc = kmem_read(k, k->direct + (f.page - k->pages) / k->page_size * PAGE + f.offset, *buf, f.len);
		*buf += f.len;
		*len -= f.len;
	}
	return rc;
}

int kmem_skb(struct kmem *k, uint64_t skb, uint32_t from, char *buf, uint32_t len)
{
	uint32_t all = 0, in_frags = 0, end = 0, linear;
	uint64_t data, head, list;
	int rc = kmem_get(k, skb, K_SKB_LEN, &all, sizeof(all));

	if (!rc)
		rc = kmem_get(k, skb, K_SKB_DATA_LEN, &in_frags, sizeof(in_frags));
	if (!rc)
		rc = kmem_get(k, skb, K_SKB_DATA, &data, sizeof(data));
	if (!rc)
		rc = kmem_get(k, skb, K_SKB_HEAD, &head, sizeof(head));
	if (!rc)
		rc = kmem_get(k, skb, K_SKB_END, &end, sizeof(end));
	if (!rc && (in_frags > all || from > all || len > all - from))
		rc = -EFAULT;
	linear = all - in_frags;
	if (!rc && from < linear && len) {
		uint32_t n = linear - from < len ? linear - from : len;

		rc = kmem_read(k, data + from, buf, n);
		buf += n;
		len -= n;
		from += n;
	}
	if (rc || !len)
		return rc;
	rc = from_frags(k, head + end, from - linear, &buf, &len);
	/* What was joined from several packets hangs behind it. */
	if (!rc && len)
		rc = kmem_get(k, head + end, K_SHINFO_FRAG_LIST, &list, sizeof(list)) ?: -EOPNOTSUPP;
	return rc;
}
