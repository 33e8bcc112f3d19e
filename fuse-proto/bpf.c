// SPDX-License-Identifier: GPL-2.0-or-later
/* bpf(2), as far as maps are looked at and made. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf.h"

#define MAPS 64			/* of one program; the verifier allows as many */
#define ATTACH_TYPES 80		/* enum bpf_attach_type has less than 60 in Linux 6.18 */

static int call(int cmd, union bpf_attr *a)
{
	int rc = syscall(SYS_bpf, cmd, a, sizeof(*a));

	return rc < 0 ? -errno : rc;
}

static int look(int fd, void *info, uint32_t size)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.info.bpf_fd = fd;
	a.info.info_len = size;
	a.info.info = (uintptr_t)info;
	return call(BPF_OBJ_GET_INFO_BY_FD, &a);
}

int bpf_map_look(int fd, struct bpf_map_info *info)
{
	memset(info, 0, sizeof(*info));
	return look(fd, info, sizeof(*info));
}

int bpf_map_open(uint32_t id, uint32_t flags)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_id = id;
	a.open_flags = flags;
	return call(BPF_MAP_GET_FD_BY_ID, &a);
}

int bpf_map_create(const struct bpf_map_info *info, int btf)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = info->type;
	a.key_size = info->key_size;
	a.value_size = info->value_size;
	a.max_entries = info->max_entries;
	a.map_flags = info->map_flags;
	memcpy(a.map_name, info->name, sizeof(a.map_name));
	if (btf >= 0) {
		a.btf_fd = btf;
		a.btf_key_type_id = info->btf_key_type_id;
		a.btf_value_type_id = info->btf_value_type_id;
	}
	return call(BPF_MAP_CREATE, &a);
}

int bpf_map_freeze(int fd)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = fd;
	return call(BPF_MAP_FREEZE, &a);
}

int bpf_types_get(uint32_t id, char **data, uint32_t *len)
{
	struct bpf_btf_info info;
	union bpf_attr a;
	int fd, rc;

	memset(&a, 0, sizeof(a));
	a.btf_id = id;
	fd = call(BPF_BTF_GET_FD_BY_ID, &a);
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	rc = look(fd, &info, sizeof(info));
	*len = info.btf_size;
	*data = rc ? NULL : calloc(1, *len + 1);
	memset(&info, 0, sizeof(info));
	info.btf = (uintptr_t)*data;
	info.btf_size = *len;
	if (!rc)
		rc = *data ? look(fd, &info, sizeof(info)) : -ENOMEM;
	close(fd);
	if (rc) {
		free(*data);
		*data = NULL;
	}
	return rc;
}

int bpf_types_load(const char *data, uint32_t len)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.btf = (uintptr_t)data;
	a.btf_size = len;
	return call(BPF_BTF_LOAD, &a);
}

static int element(int cmd, int fd, const void *key, const void *value)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = fd;
	a.key = (uintptr_t)key;
	a.value = (uintptr_t)value;
	return call(cmd, &a);
}

int bpf_map_next(int fd, const void *key, void *next)
{
	return element(BPF_MAP_GET_NEXT_KEY, fd, key, next);
}

int bpf_map_get(int fd, const void *key, void *value)
{
	return element(BPF_MAP_LOOKUP_ELEM, fd, key, value);
}

int bpf_map_set(int fd, const void *key, const void *value)
{
	return element(BPF_MAP_UPDATE_ELEM, fd, key, value);
}

static bool uses(int prog, uint32_t id)
{
	uint32_t maps[MAPS], i;
	struct bpf_prog_info info;
	bool does = false;

	memset(&info, 0, sizeof(info));
	info.nr_map_ids = MAPS;
	info.map_ids = (uintptr_t)maps;
	if (look(prog, &info, sizeof(info)))
		return false;
	for (i = 0; i < info.nr_map_ids && i < MAPS; i++)
		does = does || maps[i] == id;
	return does;
}

int bpf_map_user(uint32_t id)
{
	union bpf_attr a;
	uint32_t at = 0;
	bool does;
	int fd, rc;

	for (;;) {
		memset(&a, 0, sizeof(a));
		a.start_id = at;
		rc = call(BPF_PROG_GET_NEXT_ID, &a);
		if (rc)
			return rc == -ENOENT ? 0 : rc;
		at = a.next_id;
		memset(&a, 0, sizeof(a));
		a.prog_id = at;
		fd = call(BPF_PROG_GET_FD_BY_ID, &a);
		if (fd < 0)
			continue;	/* it is gone */
		does = uses(fd, id);
		close(fd);
		if (does)
			return at;
	}
}

bool bpf_attached_as(int target, unsigned int type)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = target;	/* where the number of a link stands, too */
	a.query.attach_type = type;
	return !call(BPF_PROG_QUERY, &a) && a.query.prog_cnt;
}

/* A type of those that are attached to something else is an error. */
bool bpf_attached(int dir, bool device)
{
	unsigned int type;

	for (type = 0; type < ATTACH_TYPES && !device; type++)
		if (type != BPF_CGROUP_DEVICE && bpf_attached_as(dir, type))
			return true;
	return device && bpf_attached_as(dir, BPF_CGROUP_DEVICE);
}
