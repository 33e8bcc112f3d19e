// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that stays outside, as the mounter has declared: a pipe, a terminal, a device, a file, a directory, a
 * connected unix socket, a TCP connection. As fuse-proto/res/fd/external.c has it: its name, its kind and how it is
 * open. Refused: what waits to be read in a pipe or socket, or to be sent.
 */
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/stat.h>
#include <linux/termios.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tcp_states.h>

#include <crfs/external.h>

#include "external.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/unix_scan.h"

/* By declaration alone: files.c asks external_of(). */
static bool external_match(const struct cfile *f)
{
	return false;
}

static void refuse(struct snap *s, const struct cfile *f, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s, declared external, %s", f->link, why);
}

/* What waits in it, would go with the container, and is for the container alone. */
static void refuse_waiting(struct snap *s, const struct cfile *f, long n)
{
	if ((f->flags & O_ACCMODE) != O_WRONLY && n > 0)
		snap_unsupported(s, -EAGAIN, file_obj(s, f),
				 "%s, declared external: %ld bytes wait in it: let the program read them", f->link, n);
}

static long in_pipe(const struct cfile *f)
{
	struct pipe_inode_info *pipe = file_inode(f->file)->i_pipe;
	unsigned int i;
	long n = 0;

	if (!pipe)
		return 0;
	pipe_lock(pipe);
	for (i = pipe->tail; i != pipe->head; i++)
		n += pipe->bufs[i & (pipe->ring_size - 1)].len;
	pipe_unlock(pipe);
	return n;
}

static bool listens(const struct sock *sk)
{
	return READ_ONCE(sk->sk_state) == TCP_LISTEN;
}

/* What is on its way would have to be sent by the one that takes its place. */
static void read_tcp(struct snap *s, const struct cfile *f, struct sock *sk)
{
	long in, out;
	bool slow;

	if (listens(sk))
		return refuse(s, f, CRFS_EXTERNAL_LISTENS);
	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return refuse(s, f, CRFS_EXTERNAL_NO_PEER);
	slow = lock_sock_fast(sk);
	in = tcp_inq(sk);
	out = (int)(tcp_sk(sk)->write_seq - tcp_sk(sk)->snd_una);
	unlock_sock_fast(sk, slow);
	refuse_waiting(s, f, in);
	if (out > 0)
		snap_unsupported(s, -EAGAIN, file_obj(s, f),
				 "%s, declared external: %ld bytes that it has sent have not arrived: try again when they have",
				 f->link, out);
}

static void read_unix(struct snap *s, const struct cfile *f, struct sock *sk, struct crfs_fd_external *r)
{
	if (listens(sk))
		return refuse(s, f, CRFS_EXTERNAL_LISTENS);
	if (smp_load_acquire(&unix_sk(sk)->addr))
		refuse(s, f, CRFS_EXTERNAL_NAMED);
	r->shutdown = READ_ONCE(sk->sk_shutdown) & SHUTDOWN_MASK;
	refuse_waiting(s, f, unix_inq_len(sk));
}

static int read_socket(struct snap *s, struct cfile *f, struct crfs_fd_external *r)
{
	struct socket *sock = sock_from_file(f->file);
	struct sock *sk = sock ? sock->sk : NULL;

	if (!sk)
		return -EIO;
	r->kind = crfs_external_socket_kind(sk->sk_family, sk->sk_type);
	if (crfs_external_is_tcp(r->kind) && sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP)
		read_tcp(s, f, sk);
	else if (sk->sk_family == AF_UNIX)
		read_unix(s, f, sk, r);
	else
		refuse(s, f, CRFS_EXTERNAL_NO_SOCKET);
	return 0;
}

/* As isatty(3) tells */
static bool is_tty(struct snap *s, const struct cfile *f)
{
	struct termios t = {};
	int rc;

	if (!S_ISCHR(f->st.mode))
		return false;
	rc = snap_tried(s, ask_ioctl(f->file, TCGETS, &t, sizeof(t)));
	if (rc == -EOPNOTSUPP)	/* by a thread of the kernel */
		snap_unsupported(s, rc, file_obj(s, f), "whether it is a terminal is told to processes only: look again");
	return !rc;
}

static int external_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	const struct crfs_thing it = { .mode = f->st.mode, .major = MAJOR(f->st.rdev) };
	struct crfs_fd_external r = { .name = str_of(external_of(s, f)) };
	int rc = 0;

	if (S_ISSOCK(it.mode))
		rc = read_socket(s, f, &r);
	else
		r.kind = crfs_external_kind(&it, !crfs_external_terminal(&it) && is_tty(s, f));
	if (rc)
		return rc;
	if (r.kind == CRFS_EXT_PIPE)
		refuse_waiting(s, f, in_pipe(f));
	text_section(out, &crfs_fd_external_shape);
	text_rec(out, &crfs_fd_external_shape, &r);
	if (crfs_external_is_socket(r.kind))
		return sockopts_read_without(s, f, out,
					     crfs_external_is_tcp(r.kind) ? crfs_external_of_connection : NULL);
	text_section(out, &crfs_sockopt_shape);
	return 0;
}

const struct room res_fd_external = {
	.name = "external",
	.scope = PER_FILE,
	.match = external_match,
	.read = external_read,
};
