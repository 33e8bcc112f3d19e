// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options.
 *
 * From getsockname(2), SIOCUNIXFILE (Linux 4.13, gives the file) and sock_diag (UNIX_DIAG_RQLEN).
 * At restore the dead file of before is replaced, if nobody listens on it. The listening task calls
 * listen(2) itself, so that SO_PEERCRED of who connects names it; the user it names is the one of
 * the restore: lost where that was another. Waiting connections are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/fd/unix_listener.h>

#include "fdroom.h"
#include "proc.h"
#include "rooms.h"
#include "sockopt.h"

#define SIOCUNIXFILE (0x89E0 + 0)

static bool unix_listener_match(const struct file *f)
{
	return S_ISSOCK(f->st.st_mode) && !(f->flags & O_PATH) &&
	       sock_int(f->dup, SOL_SOCKET, SO_DOMAIN) == AF_UNIX &&
	       sock_int(f->dup, SOL_SOCKET, SO_ACCEPTCONN) == 1;
}

/* How many wait, and how many may: an answer of sock_diag for the one socket. */
static int ask(int nl, ino_t ino, struct unix_diag_rqlen *q)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h = { sizeof(req), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0 },
		.r = { .sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_ino = ino,
		       .udiag_show = UDIAG_SHOW_RQLEN, .udiag_cookie = { -1, -1 } },
	};
	char buf[4096] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buf;
	struct unix_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a;
	ssize_t n;
	int len;

	if (send(nl, &req, sizeof(req), 0) < 0)
		return -errno;
	n = recv(nl, buf, sizeof(buf), 0);
	if (n < 0 || !NLMSG_OK(h, (size_t)n))
		return n < 0 ? -errno : -EIO;
	if (h->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	len = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	for (a = (void *)(m + 1); RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == UNIX_DIAG_RQLEN) {
			memcpy(q, RTA_DATA(a), sizeof(*q));
			return 0;
		}
	return -ENODATA;
}

static void read_queue(struct snap *s, const struct file *f, struct crfs_fd_unix_listener *r)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), rc;
	struct unix_diag_rqlen q = { 0, 0 };

	rc = nl < 0 ? -errno : ask(nl, f->st.st_ino, &q);
	if (nl >= 0)
		close(nl);
	r->backlog = q.udiag_wqueue;
	if (rc)
		snap_unsupported(s, rc, file_obj(s, f),
				 "sock_diag of a unix socket: modprobe unix_diag");
	if (q.udiag_rqueue)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%u connections wait to be accepted: "
				 "let the program accept them",
				 q.udiag_rqueue);
}

/* Is @name, seen from some directory, @path? */
static bool fits(const struct crfs_str *path, const struct crfs_str *name)
{
	size_t dir = path->len - name->len;

	return name->len && path->len >= name->len && !memcmp(path->p + dir, name->p, name->len) &&
	       (*name->p == '/' ? !dir : dir && path->p[dir - 1] == '/');
}

/* The file that bind(2) has made. */
static int read_file(struct snap *s, const struct file *f, struct crfs_fd_unix_listener *r)
{
	struct file at = *f;
	struct place p;
	char *link;
	int rc;

	at.dup = ioctl(f->dup, SIOCUNIXFILE);
	if (at.dup < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "SIOCUNIXFILE");
	link = proc_link(s->proc, "self/fd/%d", at.dup);
	at.link = link ? pool_strdup(&s->pool, link) : NULL;
	free(link);
	rc = !at.link || fstat(at.dup, &at.st) < 0 ? -ENOMEM : file_place(s, &at, &p);
	close(at.dup);
	if (rc < 0)
		return rc;
	r->path = p.path;
	r->mnt_ns = p.mnt_ns;
	r->unlinked = p.gone;
	r->mode = at.st.st_mode & 07777;
	r->uid = at.st.st_uid;
	r->gid = at.st.st_gid;
	if (!rc && !fits(&r->path, &r->name))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "it was bound as %.*s, which leads to "
				 "%.*s by way of a link: bind it by its path",
				 r->name.len, r->name.p, r->path.len, r->path.p);
	return 0;
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unix_listener r = { .socktype = 0 };
	struct sockaddr_un a = { .sun_family = 0 };
	socklen_t len = sizeof(a);
	struct file *f = obj;
	int rc = 0;

	if (getsockname(f->dup, (struct sockaddr *)&a, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "getsockname");
	r.socktype = sock_int(f->dup, SOL_SOCKET, SO_TYPE);
	r.name.p = a.sun_path;
	r.name.len = len > offsetof(struct sockaddr_un, sun_path) ?
		     len - offsetof(struct sockaddr_un, sun_path) : 0;
	if (r.name.len && *a.sun_path) {
		r.name.len = strnlen(a.sun_path, r.name.len);
		rc = read_file(s, f, &r);
	}
	if (rc)
		return rc;
	read_queue(s, f, &r);
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	return sockopts_read(s, f, out);
}

static void unix_listener_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);

	if (r && (!r->name.len || r->name.len > sizeof(((struct sockaddr_un *)0)->sun_path) ||
		  (*r->name.p && !fits(&r->path, &r->name))))
		image_mismatch(im, -EINVAL, o->path, "name and path do not go together");
}

/* A socket file that nobody listens on is what is left of before. */
static int clear_way(int type, const struct sockaddr_un *a, socklen_t len)
{
	struct stat st;
	int s, rc;

	if (lstat(a->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	s = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -errno;
	rc = connect(s, (const struct sockaddr *)a, len) < 0 && errno == ECONNREFUSED ? 0
										      : -EADDRINUSE;
	close(s);
	return rc ? rc : unlink(a->sun_path) < 0 ? -errno : 0;
}

static int bind_file(const struct crfs_fd_unix_listener *r, int fd, const struct sockaddr_un *a,
		     socklen_t len)
{
	int rc = clear_way(r->socktype, a, len);

	if (rc)
		return rc;
	if (bind(fd, (const struct sockaddr *)a, len) < 0)
		return -errno;
	if (lchown(a->sun_path, r->uid, r->gid) < 0 || chmod(a->sun_path, r->mode) < 0)
		return -errno;
	return r->unlinked && unlink(a->sun_path) < 0 ? -errno : 0;
}

/* bind(2) takes paths as they come, so it is done by a child in the right place. */
static int in_child(const struct crfs_fd_unix_listener *r, int fd, int root, int cwd,
		    const struct sockaddr_un *a, socklen_t len)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		umask(0177);
		if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)
			_exit(errno);
		_exit(-bind_file(r, fd, a, len));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

static int bind_path(struct restore *rs, const struct crfs_fd_unix_listener *r, int fd,
		     const struct sockaddr_un *a, socklen_t len)
{
	struct crfs_str top = { "/", 1 }, dir = { r->path.p, r->path.len - r->name.len };
	int root = place_open(rs, r->mnt_ns, &top, O_RDONLY | O_DIRECTORY), cwd, rc;

	if (root < 0)
		return root;
	cwd = place_open(rs, r->mnt_ns, dir.len ? &dir : &top, O_RDONLY | O_DIRECTORY);
	rc = cwd < 0 ? cwd : in_child(r, fd, root, cwd, a, len);
	close(root);
	if (cwd >= 0)
		close(cwd);
	return rc;
}

static int unix_listener_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + r->name.len;
	int rc;

	o->fd = socket(AF_UNIX, r->socktype | SOCK_CLOEXEC, 0);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "socket");
	rc = sockopts_put(rs, o, 1, o->fd);
	if (rc)
		return rc;
	memcpy(a.sun_path, r->name.p, r->name.len);
	if (*a.sun_path && r->name.len < sizeof(a.sun_path))
		len++;
	if (*a.sun_path)
		rc = bind_path(rs, r, o->fd, &a, len);
	else
		rc = bind(o->fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
	if (!rc && listen(o->fd, r->backlog) < 0)
		rc = -errno;
	if (rc)
		return fail_on(rs->err, rc, o->path, "listening on %.*s: who has it?",
			       *a.sun_path ? (int)r->path.len : (int)r->name.len - 1,
			       *a.sun_path ? r->path.p : r->name.p + 1);
	return file_made(rs, o, o->fd);
}

static int unix_listener_put(struct restore *rs, struct rtask *rt, struct iobj *o,
			     struct tape *tape)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);

	(void)rs;
	if (!o->priv)
		tape_call(tape, "listen", SYS_listen, rt->fd, r->backlog);
	o->priv = o;
	return 0;
}

const struct resource res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_unix_listener_shape,
						      &crfs_sockopt_shape, NULL },
	.match = unix_listener_match,
	.read = unix_listener_read,
	.check = unix_listener_check,
	.make = unix_listener_make,
	.put = unix_listener_put,
};
