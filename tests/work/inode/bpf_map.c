// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF maps that cannot be carried: one that a program uses, others of kinds that cannot be read, one with a mapping. */
#include <linux/bpf.h>

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
