// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar fds, crtar sockets: descriptors, and what is behind them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "field.h"
#include "lists.h"
#include "table.h"

static const char *access_of(unsigned int flags)
{
	static const char *const words[] = { "r", "w", "rw", "" };

	return flags & O_PATH ? "path" : words[flags & O_ACCMODE];
}

static void fd_row(const struct look *l, struct table *t, const struct iobj *task, const struct crfs_fd *f)
{
	const struct iobj *o = image_obj(&l->im, IOBJ_FILE, f->file);
	const struct crfs_file *file = o ? o->common : NULL;
	char buf[4096] = "";

	table_num(t, task->id);
	table_num(t, f->fd);
	table_num(t, f->file);
	table_text(t, "%.*s", file ? (int)file->type.len : 0, file ? file->type.p : "");
	table_text(t, "%s%s", file ? access_of(file->flags) : "", f->cloexec ? ",cloexec" : "");
	table_num(t, file ? (long long)file->pos : 0);
	if (o)
		file_summary(o, buf, sizeof(buf));
	table_text(t, "%s", buf);
}

static void list_fds(const struct look *l, struct table *t)
{
	const struct crfs_fd *f;
	size_t i, k, n;

	for (i = 0; i < l->im.nr[IOBJ_TASK]; i++) {
		f = look_fds(&l->im.objs[IOBJ_TASK][i], &n);
		for (k = 0; k < n; k++)
			fd_row(l, t, &l->im.objs[IOBJ_TASK][i], &f[k]);
	}
}

/* What has options of setsockopt(2) is a socket. */
static bool is_socket(const struct iobj *o)
{
	int i;

	for (i = 0; o->room && o->room->shapes && o->room->shapes[i]; i++)
		if (!strcmp(o->room->shapes[i]->name, "options"))
			return true;
	return false;
}

/* "127.0.0.1", as a string or as the bytes in hex that the older looks have */
static void address(const struct iobj *o, const char *key, char *buf, size_t size)
{
	unsigned char bytes[16];
	char text[128];
	int i;

	if (!field_show(o, key, text, sizeof(text))) {
		*buf = '\0';
		return;
	}
	snprintf(buf, size, "%s", text);
	if (strlen(text) != 32 || strchr(text, ':') || strchr(text, '.'))
		return;
	for (i = 0; i < 16; i++)
		sscanf(text + 2 * i, "%2hhx", &bytes[i]);
	inet_ntop(field_num(o, "family") == AF_INET ? AF_INET : AF_INET6, bytes, buf, size);
}

static void local_end(const struct iobj *o, char *buf, size_t size)
{
	char addr[128];

	if (field_show(o, "name", buf, size))
		return;
	address(o, "addr", addr, sizeof(addr));
	if (*addr)
		snprintf(buf, size, strchr(addr, ':') ? "[%s]:%" PRIu64 : "%s:%" PRIu64, addr,
			 field_num(o, "port"));
	else if (field_show(o, "portid", addr, sizeof(addr)))
		snprintf(buf, size, "portid %s", addr);
	else
		*buf = '\0';
}

/* Of a unix socket the peer is a file of the checkpoint, or a name that it had. */
static void far_end(const struct iobj *o, char *buf, size_t size)
{
	char addr[128];
	uint64_t port = field_num(o, "peer_port");

	address(o, "peer", addr, sizeof(addr));
	if (strpbrk(addr, ".:") && port)
		snprintf(buf, size, strchr(addr, ':') ? "[%s]:%" PRIu64 : "%s:%" PRIu64, addr, port);
	else if (field_show(o, "connected", buf, size) && !strcmp(buf, "peer"))
		snprintf(buf, size, "files/%s", addr);
	else if (!field_show(o, "peer_name", buf, size))
		*buf = '\0';
}

/* Who has it, as "pid:fd,..." */
static char *users(const struct look *l, unsigned int file)
{
	const struct crfs_fd *f;
	char *list = NULL;
	size_t i, k, n, len = 0;
	FILE *out = open_memstream(&list, &len);

	if (!out)
		return NULL;
	for (i = 0; i < l->im.nr[IOBJ_TASK]; i++) {
		f = look_fds(&l->im.objs[IOBJ_TASK][i], &n);
		for (k = 0; k < n; k++)
			if (f[k].file == file)
				fprintf(out, "%s%u:%u", ftell(out) ? "," : "", l->im.objs[IOBJ_TASK][i].id, f[k].fd);
	}
	fclose(out);
	return list;
}

static void list_sockets(const struct look *l, struct table *t)
{
	const struct iobj *o;
	char buf[1024];
	size_t i;

	for (i = 0; i < l->im.nr[IOBJ_FILE]; i++) {
		o = &l->im.objs[IOBJ_FILE][i];
		if (!is_socket(o))
			continue;
		table_num(t, o->id);
		table_text(t, "%s", o->room->name);
		if (!field_show(o, "state", buf, sizeof(buf)))
			field_show(o, "connected", buf, sizeof(buf));
		table_text(t, "%s", buf);
		local_end(o, buf, sizeof(buf));
		table_text(t, "%s", buf);
		far_end(o, buf, sizeof(buf));
		table_text(t, "%s", buf);
		table_list(t, users(l, o->id));
	}
}

static const char *const fd_keys[] = { "pid", "fd", "file", "type", "access", "pos", "what", NULL };
static const char *const socket_keys[] = { "file", "type", "state", "local", "peer", "users", NULL };

const struct list list_of_fds = { fd_keys, list_fds };
const struct list list_of_sockets = { socket_keys, list_sockets };

static int run_fds(const struct cmd *c, int argc, char **argv)
{
	return look_table(c, argc, argv, &list_of_fds, NULL);
}

static int run_sockets(const struct cmd *c, int argc, char **argv)
{
	return look_table(c, argc, argv, &list_of_sockets, NULL);
}

const struct cmd cmd_fds = {
	.name = "fds",
	.args = "[--json] CHECKPOINT",
	.what = "show who has which files open",
	.help = "      --json           for programs\n",
	.run = run_fds,
};

const struct cmd cmd_sockets = {
	.name = "sockets",
	.args = "[--json] CHECKPOINT",
	.what = "show the sockets, their ends and who has them",
	.help = "      --json           for programs\n"
		"\nUSERS are pid:fd; a peer that is in the container is named by its file.\n",
	.run = run_sockets,
};
