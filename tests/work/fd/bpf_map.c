// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BPF maps of several kinds, with what is in them; shared by descriptors of which one may only read and one only write, and
 * with a child; one that is frozen, one that has types.
 */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "tests/work/work.h"

static int bpf(int cmd, union bpf_attr *a)
{
	return syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int map(int kind, uint32_t key, uint32_t value, uint32_t max, uint32_t flags, const char *name)
{
	union bpf_attr a = { .map_type = kind, .key_size = key, .value_size = value, .max_entries = max, .map_flags = flags };

	strcpy(a.map_name, name);
	return bpf(BPF_MAP_CREATE, &a);
}

static int set(int fd, const void *key, const void *value)
{
	union bpf_attr a = { .map_fd = fd, .key = (uintptr_t)key, .value = (uintptr_t)value };

	return bpf(BPF_MAP_UPDATE_ELEM, &a);
}

static int get(int fd, const void *key, void *value)
{
	union bpf_attr a = { .map_fd = fd, .key = (uintptr_t)key, .value = (uintptr_t)value };

	return bpf(BPF_MAP_LOOKUP_ELEM, &a);
}

/* A hash from u32 to u64, whose types say so */
static int typed(void)
{
	static const char names[] = "\0u32\0u64";
	struct {
		struct btf_header h;
		struct btf_type key;
		uint32_t key_int;
		struct btf_type value;
		uint32_t value_int;
		char names[sizeof(names)];
	} types = {
		.h = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(types.h), .type_len = 2 * (sizeof(types.key) + 4),
		       .str_off = 2 * (sizeof(types.key) + 4), .str_len = sizeof(names) },
		.key = { 1, BTF_KIND_INT << 24, { 4 } }, .key_int = 32, .value = { 5, BTF_KIND_INT << 24, { 8 } }, .value_int = 64,
	};
	union bpf_attr a = { .btf = (uintptr_t)&types, .btf_size = sizeof(types) };
	int btf;

	memcpy(types.names, names, sizeof(names));
	a.btf_size = sizeof(types.h) + types.h.str_off + sizeof(names);
	btf = bpf(BPF_BTF_LOAD, &a);
	CHECK(btf >= 0);
	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_HASH;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = 10;
	a.btf_fd = btf;
	a.btf_key_type_id = 1;
	a.btf_value_type_id = 2;
	strcpy(a.map_name, "typed");
	btf = bpf(BPF_MAP_CREATE, &a);
	close(a.btf_fd);
	return btf;
}

static void has_types(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr a = { .info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info } };

	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &a) == 0);
	CHECK(info.btf_id > 0);
	CHECK_EQ(info.btf_key_type_id, 1);
	CHECK_EQ(info.btf_value_type_id, 2);
}

static int again(int fd, uint32_t flags)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr a = { .info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info } };

	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &a) == 0);
	memset(&a, 0, sizeof(a));
	a.map_id = info.id;
	a.open_flags = flags;
	fd = bpf(BPF_MAP_GET_FD_BY_ID, &a);
	CHECK(fd >= 0);
	return fd;
}

static void is_named(int fd, const char *name, uint32_t flags)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr a = { .info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info } };

	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &a) == 0);
	CHECK_STR(info.name, name);
	CHECK_EQ(info.map_flags, flags);
}

#define CPUS 1024	/* room for as many */

/* Of entry @i, as many bytes as there are */
static void fill(int fd, uint32_t key_size, uint32_t i, uint64_t *value, uint32_t cpus)
{
	char key[64] = "";
	uint32_t k;

	memcpy(key + key_size - 4, &i, 4);
	for (k = 0; k < cpus; k++)
		value[k] = 1000000ULL * i + k;
	CHECK(set(fd, key, value) == 0);
}

static void same(int fd, uint32_t key_size, uint32_t i, uint64_t *value, uint32_t cpus)
{
	char key[64] = "";
	uint32_t k;

	memcpy(key + key_size - 4, &i, 4);
	CHECK(get(fd, key, value) == 0);
	for (k = 0; k < cpus; k++)
		CHECK_EQ(value[k], 1000000ULL * i + k);
}

static uint32_t possible(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	uint32_t from, to;
	int n = f ? fscanf(f, "%u-%u", &from, &to) : 0;

	if (f)
		fclose(f);
	return n == 2 ? to + 1 : 1;
}

static void child(int hash)
{
	uint64_t v[1];
	uint32_t i;

	work_up();
	work_wait();
	for (i = 0; i < 300; i++)
		same(hash, 16, i, v, 1);
	fill(hash, 16, 1000, v, 1);
	_exit(4);
}

int main(void)
{
	static uint64_t v[CPUS];
	uint32_t cpus = possible(), i, key = 0;
	int types, array, hash, lru, pa, ph, trie, frozen, reads, writes;
	struct { uint32_t bits; uint8_t addr[4]; } net = { 8, { 10 } }, host = { 32, { 10, 1, 2, 3 } };
	pid_t pid;

	array = map(BPF_MAP_TYPE_ARRAY, 4, 8, 77, BPF_F_MMAPABLE, "an_array");
	if (array < 0)
		work_skip("no BPF maps here");
	hash = map(BPF_MAP_TYPE_HASH, 16, 8, 2000, BPF_F_NO_PREALLOC, "a_hash");
	lru = map(BPF_MAP_TYPE_LRU_HASH, 8, 8, 1000, 0, "");
	pa = map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 5, 0, "percpu_a");
	ph = map(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 50, 0, "percpu_h");
	trie = map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 50, BPF_F_NO_PREALLOC, "nets");
	frozen = map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG, "frozen");
	CHECK(hash >= 0 && lru >= 0 && pa >= 0 && ph >= 0 && trie >= 0 && frozen >= 0);
	for (i = 0; i < 77; i++)
		fill(array, 4, i, v, 1);
	for (i = 0; i < 300; i++)
		fill(hash, 16, i, v, 1);
	for (i = 0; i < 20; i++) {
		fill(lru, 8, i, v, 1);
		fill(ph, 8, i, v, cpus);
	}
	for (i = 0; i < 5; i++)
		fill(pa, 4, i, v, cpus);
	v[0] = 8;
	CHECK(set(trie, &net, v) == 0);
	fill(frozen, 4, 0, v, 1);
	CHECK(bpf(BPF_MAP_FREEZE, &(union bpf_attr){ .map_fd = frozen }) == 0);
	types = typed();
	CHECK(types >= 0);
	fill(types, 4, 5, v, 1);
	reads = again(array, BPF_F_RDONLY);
	writes = again(array, BPF_F_WRONLY);
	pid = work_fork();
	if (!pid)
		child(hash);

	work_ready();
	work_join(pid, 4);
	same(hash, 16, 1000, v, 1);
	for (i = 0; i < 77; i++)
		same(reads, 4, i, v, 1);
	CHECK(set(reads, &key, v) == -1 && errno == EPERM);
	CHECK(get(writes, &key, v) == -1 && errno == EPERM);
	v[0] = 4711;
	CHECK(set(writes, &key, v) == 0);
	v[0] = 0;
	CHECK(get(array, &key, v) == 0 && v[0] == 4711);
	for (i = 0; i < 20; i++) {
		same(lru, 8, i, v, 1);
		same(ph, 8, i, v, cpus);
	}
	for (i = 0; i < 5; i++)
		same(pa, 4, i, v, cpus);
	CHECK(get(trie, &host, v) == 0 && v[0] == 8);
	host.addr[0] = 11;
	CHECK(get(trie, &host, v) == -1 && errno == ENOENT);
	same(frozen, 4, 0, v, 1);
	CHECK(set(frozen, &key, v) == -1 && errno == EPERM);
	is_named(array, "an_array", BPF_F_MMAPABLE);
	is_named(hash, "a_hash", BPF_F_NO_PREALLOC);
	is_named(frozen, "frozen", BPF_F_RDONLY_PROG);
	is_named(lru, "", 0);
	is_named(types, "typed", 0);
	has_types(types);
	same(types, 4, 5, v, 1);
	work_pass();
}
