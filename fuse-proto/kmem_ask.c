// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking into the kernel's memory: where things are that no pointer leads to. A program for each question. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kmem_prog.h"


/* Its answer is the room's addr. */
static int run(struct kmem *k, const struct bpf_insn *p, size_t n, uint64_t *addr)
{
	int prog = kmem_load(p, n), rc;
	union bpf_attr a;

	if (prog < 0)
		return prog;
	k->room->rc = -EFAULT;
	memset(&a, 0, sizeof(a));
	a.test.prog_fd = prog;
	rc = kmem_bpf(BPF_PROG_TEST_RUN, &a) ?: (int)k->room->rc;
	close(prog);
	if (!rc)
		*addr = k->room->addr;
	return rc;
}

/* The length of the name is in it. */
int kmem_symbol(struct kmem *k, const char *name, uint64_t *addr)
{
	const struct bpf_insn look[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 6, BPF_PSEUDO_MAP_VALUE, 0, k->map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, DATA),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, strlen(name) + 1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 6, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_kallsyms_lookup_name),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 0, offsetof(struct kroom, rc), 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	_Static_assert(offsetof(struct kroom, addr) == 0, "struct kroom");
	strcpy(k->room->data, name);
	return run(k, look, sizeof(look) / sizeof(look[0]), addr);
}

/* Where this CPU's value of the map is; 0: there is no such CPU. */
static int value_at(struct kmem *k, int map, unsigned int cpu, uint64_t *at)
{
	const struct bpf_insn look[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 6, BPF_PSEUDO_MAP_VALUE, 0, k->map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, (int)cpu),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_percpu_elem),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 0, offsetof(struct kroom, addr), 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, 6, 0, offsetof(struct kroom, rc), 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	return run(k, look, sizeof(look) / sizeof(look[0]), at);
}

/*
 * A map has a value for each CPU, the kernel its address without the offset. The symbol __per_cpu_offset is not to be
 * had everywhere (CONFIG_KALLSYMS_ALL).
 */
int kmem_percpu(struct kmem *k, unsigned int cpu, uint64_t *offset)
{
	uint64_t file, array, base, at = 0;
	union bpf_attr a;
	int map, rc;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = 1;
	map = kmem_bpf(BPF_MAP_CREATE, &a);
	if (map < 0)
		return map;
	rc = kmem_file(k, map, &file);
	if (!rc)
		rc = kmem_get(k, file, K_FILE_PRIVATE, &array, sizeof(array));
	if (!rc)
		rc = kmem_get(k, array, K_ARRAY_PPTRS, &base, sizeof(base));
	if (!rc)
		rc = value_at(k, map, cpu, &at);
	close(map);
	if (rc)
		return rc;
	*offset = at - base;
	return at ? 0 : -ENOENT;
}
