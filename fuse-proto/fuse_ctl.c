// SPDX-License-Identifier: GPL-2.0-or-later
/* The hidden directory .crfs: state, error and ctl; its directory core is in fuse_core.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuse.h"

static const char *const names[] = {
	[CTL_STATE] = "state", [CTL_ERROR] = "error", [CTL_CTL] = "ctl",
	[CTL_CORE] = "core",
};

/* What state or error say now, malloc'ed. */
static char *content(struct crfs *c, fuse_ino_t ino, size_t *len)
{
	struct mount *m = &c->m;
	char *text = NULL;

	pthread_mutex_lock(&m->lock);
	if (ino == CTL_STATE) {
		if (asprintf(&text, "%s\n", mount_state(m)) < 0)
			text = NULL;
		*len = text ? strlen(text) : 0;
	} else {
		*len = ino == CTL_ERROR ? m->why.len : 0;
		text = malloc(*len + 1);
		if (text && *len)
			memcpy(text, m->why.text, *len);
	}
	pthread_mutex_unlock(&m->lock);
	return text;
}

static bool is_dir(fuse_ino_t ino)
{
	return ino == CTL_DIR || ino == CTL_CORE;
}

void ctl_attr(struct crfs *c, fuse_ino_t ino, struct stat *st)
{
	size_t len = 0;

	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_uid = c->m.uid;
	st->st_gid = c->m.gid;
	st->st_mode = is_dir(ino) ? S_IFDIR | 0500 : S_IFREG | (ino == CTL_CTL ? 0600 : 0400);
	st->st_nlink = is_dir(ino) ? 2 : 1;
	if (ino == CTL_STATE || ino == CTL_ERROR)
		free(content(c, ino, &len));
	st->st_size = len;
	st->st_blksize = 4096;
	st->st_blocks = (len + 511) / 512;
	st->st_mtim = c->m.start;
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
}

bool ctl_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .ino = 0, .entry_timeout = FOREVER };

	if (parent == CTL_CORE) {
		core_lookup(req, name);
		return true;
	}
	if (parent == FUSE_ROOT_ID && !strcmp(name, ".crfs"))
		e.ino = CTL_DIR;
	else if (parent != CTL_DIR)
		return false;
	else
		for (e.ino = CTL_STATE; e.ino < CTL_END && strcmp(names[e.ino], name); e.ino++)
			;
	if (e.ino == CTL_END) {
		fuse_reply_err(req, ENOENT);
		return true;
	}
	ctl_attr(crfs_of(req), e.ino, &e.attr);
	fuse_reply_entry(req, &e);
	return true;
}

int ctl_open(struct crfs *c, fuse_ino_t ino, struct handle *h)
{
	h->ctl = ino;
	h->text = content(c, ino, &h->len);
	h->own = true;
	return h->text ? 0 : -ENOMEM;
}

/* Return: @size or a negative errno */
int ctl_write(struct crfs *c, const char *buf, size_t size)
{
	size_t len = size;
	int r;

	while (len && (buf[len - 1] == '\n' || buf[len - 1] == ' '))
		len--;
	if (len != 5 || memcmp(buf, "check", 5))
		return -EINVAL;
	pthread_mutex_lock(&c->m.lock);
	r = mount_check(&c->m);
	pthread_mutex_unlock(&c->m.lock);
	return r < 0 ? r : (int)size;
}

void ctl_readdir(fuse_req_t req, size_t size, off_t off, bool plus)
{
	struct fuse_entry_param e = { .ino = 0 };
	size_t used = 0, need;
	char buf[1024];
	off_t i;

	if (size > sizeof(buf))
		size = sizeof(buf);
	for (i = off < CTL_STATE ? CTL_STATE : off; i < CTL_END; i++) {
		e.attr.st_ino = i;
		e.attr.st_mode = is_dir(i) ? S_IFDIR : S_IFREG;
		need = plus ? fuse_add_direntry_plus(req, buf + used, size - used, names[i], &e,
						     i + 1) :
			      fuse_add_direntry(req, buf + used, size - used, names[i], &e.attr,
						i + 1);
		if (need > size - used)
			break;
		used += need;
	}
	fuse_reply_buf(req, buf, used);
}
