/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of an import share. */
#ifndef CRTAR_CRIU_IMPORT_H
#define CRTAR_CRIU_IMPORT_H

#include <sys/stat.h>

#include <crfs/shape.h>

#include "criu.h"
#include "text.h"

/** struct process - one of pstree; @mm: the number of its address space in the tree */
struct process {
	Criu__Process *p;
	Criu__Core *core;
	Criu__Ids *ids;
	Criu__Fs *fs;
	Criu__Mm *mm;
	unsigned int mm_id;
};

/**
 * struct import - on the way
 * @files: all of files.img; @number: in the tree, 0: not yet
 * @inodes: what has content; @key: of what @kind, by CRIU's number
 */
struct import {
	int dir;
	struct tree *t;
	struct pool *pool;
	struct errlist *why;
	struct err e;
	Criu__Inventory *inventory;
	struct process *all;
	size_t nr;
	struct import_file {
		Criu__File *f;
		unsigned int number;
	} *files;
	size_t nr_files;
	unsigned int next_file, next_inode;
	struct import_inode {
		enum { INODE_PIPE, INODE_SHM, INODE_VDSO } kind;
		uint64_t key;
		unsigned int number;
		struct node *dir;
		uint64_t size;
		struct import_inode *next;
	} *inodes;
};

/** refuse() - name what a tree has no place for, or crtar does not put there */
void refuse(struct import *x, const char *object, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** add_text() - a file of the tree; takes over @t */
int add_text(struct import *x, struct node *dir, const char *name, struct text *t);
/** add_bytes() - a payload in memory, copied */
int add_bytes(struct import *x, struct node *dir, const char *name, const void *p, size_t n);

/** message() - the one message of an image. Return: NULL, the reason is in x->e */
void *message(struct import *x, uint32_t kind, const ProtobufCMessageDescriptor *d, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** inode_of() - the inode for one of CRIU's, made if need be; @fresh: it is new */
struct import_inode *inode_of(struct import *x, int kind, uint64_t key, bool *fresh);

struct import_file *file_of(struct import *x, unsigned int id);
/** file_path() - of a file that is known by its path, or NULL */
const char *file_path(struct import *x, unsigned int id);
/** looks() - what stands at @path here. Return: is there such? */
bool looks(const char *path, struct stat *st);

static inline struct crfs_str str(const char *p)
{
	return (struct crfs_str){ p ? p : "", p ? strlen(p) : 0 };
}

int import_task(struct import *x, struct process *p);
int import_mm(struct import *x, struct process *p);
int import_shm(struct import *x);
int import_fds(struct import *x, struct process *p, struct node *dir);
int import_files(struct import *x);

#endif
