/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf(2), as far as maps are looked at and made. Negative errnos everywhere. */
#ifndef CRFS_BPF_H
#define CRFS_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/** bpf_map_look() - what the map @fd is made with */
int bpf_map_look(int fd, struct bpf_map_info *info);
/** bpf_map_open() - a description of the map with this number; @flags: 0, BPF_F_RDONLY or BPF_F_WRONLY */
int bpf_map_open(uint32_t id, uint32_t flags);
/** bpf_map_create() - @btf: a descriptor of its types, which @info has the numbers of; -1: it has none */
int bpf_map_create(const struct bpf_map_info *info, int btf);
int bpf_map_freeze(int fd);

/** bpf_map_next() - the key behind @key (NULL: the first). -ENOENT: there is none */
int bpf_map_next(int fd, const void *key, void *next);
int bpf_map_get(int fd, const void *key, void *value);
int bpf_map_set(int fd, const void *key, const void *value);

/** bpf_types_get() - the types (BTF) with this number, malloc'ed */
int bpf_types_get(uint32_t id, char **data, uint32_t *len);
/** bpf_types_load() - a descriptor of types */
int bpf_types_load(const char *data, uint32_t len);

/**
 * bpf_map_user() - the first program that uses the map with this number
 * Return: its number, 0: none, or a negative errno
 */
int bpf_map_user(uint32_t id);

/** bpf_attached() - are programs attached to the cgroup with this directory, itself? Those for devices are asked for apart */
bool bpf_attached(int dir, bool device);

/** bpf_attached_as() - are programs attached as @type (BPF_*) to @target, a descriptor or the number of a link? */
bool bpf_attached_as(int target, unsigned int type);

#endif
