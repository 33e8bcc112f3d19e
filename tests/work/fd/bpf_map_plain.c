// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF maps without types of their own (BTF): an array, a hash, one of each CPU, one that is frozen, and a reader of the hash. */
#include <linux/bpf.h>

#include "tests/work/work.h"

#define ENTRIES 40
#define CPUS 1024	/* room for as many */

static int bpf(int cmd, union bpf_attr *a)
{
	return syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int map(int kind, uint32_t flags, const char *name)
{
	union bpf_attr a = { .map_type = kind, .key_size = 4, .value_size = 8, .max_entries = ENTRIES, .map_flags = flags };

	strcpy(a.map_name, name);
	return bpf(BPF_MAP_CREATE, &a);
}

static int entry(int cmd, int fd, uint32_t key, uint64_t *value)
{
	union bpf_attr a = { .map_fd = fd, .key = (uintptr_t)&key, .value = (uintptr_t)value };

	return bpf(cmd, &a);
}

/* Every third one; of all CPUs the same */
static void fill(int fd, uint64_t base)
{
	uint64_t v[CPUS];
	uint32_t i, k;

	for (i = 0; i < ENTRIES; i += 3) {
		for (k = 0; k < CPUS; k++)
			v[k] = base + i;
		CHECK(entry(BPF_MAP_UPDATE_ELEM, fd, i, v) == 0);
	}
}

static void same(int fd, uint64_t base)
{
	uint64_t v[CPUS];
	uint32_t i;

	for (i = 0; i < ENTRIES; i += 3) {
		CHECK(entry(BPF_MAP_LOOKUP_ELEM, fd, i, v) == 0);
		CHECK_EQ(v[0], base + i);
	}
}

static int reader(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr a = { .info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info } };

	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &a) == 0);
	CHECK_EQ(info.btf_id, 0);
	memset(&a, 0, sizeof(a));
	a.map_id = info.id;
	a.open_flags = BPF_F_RDONLY;
	return bpf(BPF_MAP_GET_FD_BY_ID, &a);
}

int main(void)
{
	uint64_t v[CPUS] = { 4711 };
	int array, hash, percpu, frozen, reads;

	array = map(BPF_MAP_TYPE_ARRAY, 0, "array");
	if (array < 0)
		work_skip("no BPF maps here");
	hash = map(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, "");
	percpu = map(BPF_MAP_TYPE_PERCPU_HASH, 0, "percpu");
	frozen = map(BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG, "frozen");
	CHECK(hash >= 0 && percpu >= 0 && frozen >= 0);
	fill(array, 1000);
	fill(hash, 2000);
	fill(percpu, 3000);
	fill(frozen, 4000);
	CHECK(bpf(BPF_MAP_FREEZE, &(union bpf_attr){ .map_fd = frozen }) == 0);
	reads = reader(hash);
	CHECK(reads >= 0);

	work_ready();
	same(array, 1000);
	same(hash, 2000);
	same(percpu, 3000);
	same(frozen, 4000);
	CHECK(entry(BPF_MAP_LOOKUP_ELEM, hash, 1, v) == -1 && errno == ENOENT);
	CHECK(entry(BPF_MAP_UPDATE_ELEM, frozen, 0, v) == -1 && errno == EPERM);
	CHECK(entry(BPF_MAP_UPDATE_ELEM, reads, 1, v) == -1 && errno == EPERM);
	CHECK(entry(BPF_MAP_UPDATE_ELEM, hash, 1, v) == 0);
	v[0] = 0;
	CHECK(entry(BPF_MAP_LOOKUP_ELEM, reads, 1, v) == 0 && v[0] == 4711);
	work_pass();
}
