// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF maps that cannot be carried: one that a program uses, others of kinds that cannot be read, one with a mapping, one with a timer. */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "tests/work/work.h"

static int bpf(int cmd, union bpf_attr *a)
{
	return syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int map(int kind, uint32_t key, uint32_t value, uint32_t max, uint32_t flags)
{
	union bpf_attr a = { .map_type = kind, .key_size = key, .value_size = value, .max_entries = max, .map_flags = flags };

	return bpf(BPF_MAP_CREATE, &a);
}

/* It only loads the address of the map. */
static int user_of(int fd)
{
	struct bpf_insn p[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd }, { 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)p, .insn_cnt = 4,
			     .license = (uintptr_t)"GPL" };

	return bpf(BPF_PROG_LOAD, &a);
}

/* Its types name what it could not be carried with. */
static int timed(void)
{
	static const char names[] = "\0u32\0bpf_timer";
	struct {
		struct btf_header h;
		struct btf_type key;
		uint32_t key_int;
		struct btf_type value;
		uint32_t value_int;
		char names[16];
	} types = {
		.h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(types.h), .type_len = 2 * (sizeof(types.key) + 4),
		       .str_off = 2 * (sizeof(types.key) + 4), .str_len = sizeof(names) },
		.key = { 1, BTF_KIND_INT << 24, { 4 } }, .key_int = 32, .value = { 5, BTF_KIND_INT << 24, { 8 } }, .value_int = 64,
	};
	union bpf_attr a = { .btf = (uintptr_t)&types, .btf_size = sizeof(types.h) + types.h.str_off + sizeof(names) };
	int btf;

	memcpy(types.names, names, sizeof(names));
	btf = bpf(BPF_BTF_LOAD, &a);
	CHECK(btf >= 0);
	a = (union bpf_attr){ .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 10, .btf_fd = btf,
			      .btf_key_type_id = 1, .btf_value_type_id = 2 };
	return bpf(BPF_MAP_CREATE, &a);
}

int main(void)
{
	int used = map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0), prog, ring, queue, mapped, large;
	uint64_t *p;

	if (used < 0)
		work_skip("no BPF maps here");
	prog = user_of(used);
	ring = map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	queue = map(BPF_MAP_TYPE_QUEUE, 0, 8, 10, 0);
	mapped = map(BPF_MAP_TYPE_ARRAY, 4, 8, 10, BPF_F_MMAPABLE);
	large = map(BPF_MAP_TYPE_ARRAY, 4, 1 << 20, 65, 0);
	CHECK(timed() >= 0);
	CHECK(prog >= 0 && ring >= 0 && queue >= 0 && mapped >= 0 && large >= 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	CHECK(p != MAP_FAILED);
	*p = 5;
	work_ready();
	CHECK_EQ(*p, 5);
	CHECK(fcntl(prog, F_GETFD) >= 0 && fcntl(ring, F_GETFD) >= 0 && fcntl(queue, F_GETFD) >= 0);
	CHECK(fcntl(large, F_GETFD) >= 0);
	work_pass();
}
