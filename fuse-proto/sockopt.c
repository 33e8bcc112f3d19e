// SPDX-License-Identifier: GPL-2.0-or-later
/* Socket options, for the rooms of sockets; from getsockopt(2) on a duplicate. */
#include <errno.h>
#include <limits.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <crfs/res/fd/sockopt.h>
#include <crfs/sockopts.h>

#include "fdroom.h"
#include "kmem.h"
#include "res/inode/filter.h"
#include "res/inode/packet_header.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "sock_view.h"

#define BUF_LOCK 72	/* SO_BUF_LOCK, Linux 5.14 */
#define FILTER "so_attach_filter"
#define LOCK_FILTER "so_lock_filter"
#define NET "net_ns"

/* What decides about rows, and is none; numbered behind crfs_opts. */
enum { OPT_BUF_LOCK = CRFS_NR_OPTS, OPT_LOCK_FILTER, NR_ASKED };

static const struct crfs_opt *opt(size_t i)
{
	static const struct crfs_opt more[] = {
		{ "so_buf_lock", SOL_SOCKET, BUF_LOCK, BUF_LOCK, CRFS_OPT_INT, 0 },
		{ LOCK_FILTER, SOL_SOCKET, SO_LOCK_FILTER, SO_LOCK_FILTER, CRFS_OPT_INT, 0 },
	};

	return i < CRFS_NR_OPTS ? &crfs_opts[i] : &more[i - CRFS_NR_OPTS];
}

int sock_int(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(fd, level, option, &v, &len) < 0 ? -1 : v;
}

/* What a getsockopt(2) or setsockopt(2) of any kind moves. */
union val {
	int i;
	struct linger l;
	struct timeval t;
	int64_t words[CRFS_OPT_WORDS];
};

/* As one number; linger is on << 32 | seconds. */
static bool get(int fd, const struct crfs_opt *o, int64_t *v)
{
	union val u = { .words = { 0 } };
	socklen_t len = o->kind == CRFS_OPT_LONG ? sizeof(int64_t) : sizeof(u);

	if (getsockopt(fd, o->level, o->get, &u, &len) < 0)
		return false;
	switch (o->kind) {
	case CRFS_OPT_LINGER:
		*v = (int64_t)u.l.l_onoff << 32 | u.l.l_linger;
		break;
	case CRFS_OPT_TIME:
		*v = u.t.tv_sec * 1000000LL + u.t.tv_usec;
		break;
	case CRFS_OPT_LONG ... CRFS_OPT_WORD3:
		*v = u.words[o->kind == CRFS_OPT_LONG ? 0 : o->kind - CRFS_OPT_WORD0];
		break;
	default:
		*v = u.i;
	}
	return true;
}

static bool listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool set(int fd, const struct crfs_opt *o, int64_t v)
{
	union val u = { .words = { 0 } };
	socklen_t len = sizeof(u.i);

	switch (o->kind) {
	case CRFS_OPT_LINGER:
		u.l = (struct linger){ .l_onoff = v >> 32, .l_linger = v };
		len = sizeof(u.l);
		break;
	case CRFS_OPT_TIME:
		u.t = (struct timeval){ .tv_sec = v / 1000000, .tv_usec = v % 1000000 };
		len = sizeof(u.t);
		break;
	case CRFS_OPT_LONG:
		u.words[0] = v;
		len = sizeof(v);
		break;
	case CRFS_OPT_WORD0 ... CRFS_OPT_WORD3:
		len = sizeof(u.words);
		if (getsockopt(fd, o->level, o->get, &u, &len) < 0)
			return false;
		/* There are one or two keys of TCP fast open, or none yet. */
		if (len < (o->kind >= CRFS_OPT_WORD2 ? sizeof(u.words) : sizeof(u.words) / 2))
			len = o->kind >= CRFS_OPT_WORD2 ? sizeof(u.words) : sizeof(u.words) / 2;
		u.words[o->kind - CRFS_OPT_WORD0] = v;
		break;
	default:
		u.i = o->kind == CRFS_OPT_BUF ? v / 2 : v;
	}
	return setsockopt(fd, o->level, o->set, &u, len) == 0;
}

#define LEAST_MSS 88	/* TCP_MIN_MSS: nobody can set less, but with IP_OPTIONS the kernel does */

/* Does what comes in say on which CPU it did? */
static bool notes_cpu(int fd)
{
	const int domain = sock_int(fd, SOL_SOCKET, SO_DOMAIN);
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	return (domain == AF_INET || domain == AF_INET6) && getpeername(fd, (struct sockaddr *)&a, &len) == 0;
}

/*
 * Buffers that the program did not set grow and shrink by themselves; @locked: of a buffer SO_BUF_LOCK, or -1. The CPU of
 * a connection is that of its last packet.
 */
static bool moves_by_itself(int fd, const struct crfs_opt *o, int locked)
{
	if (o->level == SOL_SOCKET && o->get == SO_INCOMING_CPU)
		return notes_cpu(fd);
	if (o->level == IPPROTO_TCP && o->get == TCP_MAXSEG)
		return sock_int(fd, IPPROTO_TCP, TCP_MAXSEG) < LEAST_MSS;
	return locked >= 0 && !(locked & (o->get == SO_SNDBUF ? 1 : 2));
}

/* A buffer that the program has set, or locked, stays as it is, also if it is as large as a new one. */
static bool is_row(int fd, const struct crfs_opt *o, int locked, bool usual)
{
	return (!usual || (o->kind == CRFS_OPT_BUF && locked > 0)) && !moves_by_itself(fd, o, locked);
}

void sockopt_row(struct text *out, const char *name, int64_t value)
{
	struct crfs_sockopt rec = { .option = { name, strlen(name) }, .value = value };

	text_rec(out, &crfs_sockopt_shape, &rec);
}

void sockopt_owner_read(const struct file *f, struct text *out)
{
	if (f->st.st_uid)
		sockopt_row(out, CRFS_SOCK_UID, f->st.st_uid);
	if (f->st.st_gid)
		sockopt_row(out, CRFS_SOCK_GID, f->st.st_gid);
}

/* A group of SO_REUSEPORT may have a program that says who gets what comes: only the kernel's memory tells. */
static void name_distributor(struct snap *s, const struct file *f, const struct sock_view *v)
{
	struct kmem *k;
	uint64_t sk, group, prog;
	int rc;

	if (s->live || sock_view_none(v, K_REUSEPORT) || sock_int(f->dup, SOL_SOCKET, SO_REUSEPORT) != 1)
		return;
	k = snap_kmem(s, &rc);
	if (k && !kmem_socket(k, f->dup, &sk) && !kmem_get(k, sk, K_REUSEPORT, &group, sizeof(group)) && group &&
	    !kmem_get(k, group, K_REUSEPORT_PROG, &prog, sizeof(prog)) && prog)
		snap_lost(s, file_obj(s, f), "the program that distributes over its group (SO_ATTACH_REUSEPORT_CBPF, _EBPF)");
}

/* Is the counter @m of the socket, which no call tells or sets, not where it begins? Where that is not shown it may be. */
static bool has_counted(struct snap *s, const struct file *f, enum kmember m)
{
	const bool tcp = m == K_SK_TSKEY && f->sock.protocol == IPPROTO_TCP;
	uint32_t now, begin = 0;
	uint64_t sk;
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	if (!k || kmem_socket(k, f->dup, &sk) || kmem_get(k, sk, m, &now, sizeof(now)) ||
	    (tcp && kmem_get(k, sk, K_TP_WRITE_SEQ, &begin, sizeof(begin))))
		return true;
	return now != begin;
}

/* With less room than it needs it is not given, and so not forgotten. */
static bool has_saved_syn(int fd)
{
	socklen_t len = 0;
	char none;

	return getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, &none, &len) < 0 && len;
}

/*
 * What a socket has beside an option, and a new one has not. With some options what is sent has numbers, in messages of the
 * error queue: a new socket counts from 0.
 */
static void name_beside(struct snap *s, const struct file *f, const struct crfs_opt *o, int64_t v)
{
	if (s->live)
		return;
	if (!strcmp(o->name, "so_zerocopy") && has_counted(s, f, K_SK_ZCKEY))
		snap_lost(s, file_obj(s, f), "the numbers of what it sends with MSG_ZEROCOPY: they begin with 0 again");
	if (!strcmp(o->name, "so_timestamping") && v & SOF_TIMESTAMPING_OPT_ID && has_counted(s, f, K_SK_TSKEY))
		snap_lost(s, file_obj(s, f), "the numbers of times of what it sends (SOF_TIMESTAMPING_OPT_ID): they begin with "
			  "0 again");
	if (!strcmp(o->name, "tcp_save_syn") && f->sock.protocol == IPPROTO_TCP && has_saved_syn(f->dup))
		snap_lost(s, file_obj(s, f), "the first packet of its peer, which the program has not asked for (TCP_SAVED_SYN)");
}

/**
 * struct usual - options of a new socket of some kind, kept for all of that kind
 * @has: it has option i; @words: where they lie, NULL: not known
 */
struct usual {
	int domain, type, protocol;
	bool has[NR_ASKED];
	int64_t usual[NR_ASKED];
	struct words *words;
	struct usual *next;
};

/*
 * To try these would change the machine: a time stamp for every packet, branches in the code of all protocols. Some
 * are flags that lie where others do (sock_flag(), include/net/sock.h).
 */
static bool for_all(const struct crfs_opt *o)
{
	static const char *const names[] = { "so_reserve_mem", "tcp_tx_delay", "udp_encap", "udp_gro", "udp_segment",
		NULL };

	return listed(names, o->name) || o->level == SOL_PACKET || o->level == SOL_NETLINK;
}

/* Others can be changed in sockets of another kind only, and so do not differ in this one as a rule. */
static const char *with_flag(const struct crfs_opt *o)
{
	static const char *const flags[] = { "so_timestamp", "so_timestampns", "so_timestamp_new",
		"so_timestampns_new", "so_debug", "so_zerocopy", LOCK_FILTER, NULL };
	static const char *const inet[] = { "ip_hdrincl", "ip_nodefrag", "ip_router_alert", NULL };

	return listed(flags, o->name) ? "so_rxq_ovfl" : listed(inet, o->name) ? "ip_freebind" :
	       !strcmp(o->name, "ip_recvfragsize") ? "ip_recvttl" :
	       !strcmp(o->name, "so_reuseport") ? "so_reuseaddr" : o->name;
}

/* Those that are a member of their own: to try them would change the machine, or they share a word with what varies. */
static bool is_member(const struct kmem *k, struct words *w, size_t i)
{
	static const struct {
		const char *name;
		enum kmember at;
		size_t len;
	} members[] = {
		{ "ip_ttl", K_INET_TTL, 2 }, { "ip_unicast_if", K_INET_INDEX, 4 },
		{ "so_max_pacing_rate", K_SK_PACING, 8 }, { "so_prefer_busy_poll", K_SK_PREFER, 1 },
		{ "so_reserve_mem", K_SK_RESERVED, 4 }, { "tcp_tx_delay", K_TP_TX_DELAY, 4 },
	};
	size_t n;

	for (n = 0; n < sizeof(members) / sizeof(members[0]); n++)
		if (!strcmp(members[n].name, opt(i)->name) && k->at[members[n].at] >= 0)
			return words_member(w, i, k->at[members[n].at], members[n].len), true;
	return false;
}

/* With SO_TIMESTAMPING the first that works is SOF_TIMESTAMPING_SOFTWARE, which counts for the socket alone. */
static bool change(int fd, unsigned int i)
{
	const struct crfs_opt *o = opt(i), *like = NULL;
	int64_t was, now, v;
	size_t n;

	for (n = 0; n < NR_ASKED; n++)
		if (!strcmp(opt(n)->name, with_flag(o)))
			like = opt(n);
	if (!like || !get(fd, like, &was))
		return false;
	for (n = 0; n < 8; n++) {
		v = (int64_t[]){ was ^ 16, was ^ 1, 1LL << 32 | 5, was + 2, 2000000, 1000, was / 2, 1 << 24 }[n];
		if (set(fd, like, v) && get(fd, like, &now) && now != was)
			return true;
	}
	return false;
}

/* @fd: of that kind, and untouched. Without them all is asked. */
static void learn_words(struct snap *s, struct usual *f, int fd)
{
	struct words *w = pool_alloc(&s->scratch, sizeof(*w));
	const int others[2] = { socket(f->domain, f->type | SOCK_CLOEXEC, f->protocol),
				socket(f->domain, f->type | SOCK_CLOEXEC, f->protocol) };
	int rc = 0;
	struct kmem *k = w && others[0] >= 0 && others[1] >= 0 ? snap_kmem(s, &rc) : NULL;
	size_t i;

	_Static_assert(NR_ASKED <= WORDS_OPTIONS, "struct words");
	if (k)
		rc = words_of(k, fd, w->fresh);
	for (i = 0; i < NR_ASKED && k && !rc; i++)
		if (f->has[i] && !is_member(k, w, i) && !for_all(opt(i)))
			rc = words_learn(k, w, i, others, change, opt(i)->kind != CRFS_OPT_INT);
	if (k && !rc)
		f->words = w;
	for (i = 0; i < 2; i++)
		if (others[i] >= 0)
			close(others[i]);
}

static const struct usual *look_at_fresh(struct snap *s, int domain, int type, int protocol, bool view)
{
	struct usual *f = pool_alloc(&s->scratch, sizeof(*f));
	int fd = f ? socket(domain, type | SOCK_CLOEXEC, protocol) : -1;
	size_t i;

	if (fd < 0)
		return NULL;
	*f = (struct usual){ .domain = domain, .type = type, .protocol = protocol };
	for (i = 0; i < NR_ASKED; i++)
		f->has[i] = (opt(i)->kind != CRFS_OPT_GROUP || type != SOCK_STREAM) && get(fd, opt(i), &f->usual[i]);
	if (view)
		learn_words(s, f, fd);
	close(fd);
	f->next = s->net->usual;
	return s->net->usual = f;
}

static const struct usual *fresh_like(struct snap *s, const struct sock_kind *k, bool view)
{
	const struct usual *f;

	for (f = s->net->usual; f; f = f->next)
		if (f->domain == k->domain && f->type == k->type && f->protocol == k->protocol)
			return f;
	return look_at_fresh(s, k->domain, k->type, k->protocol, view);
}

/* Return: false if it is as it is in a fresh one, or cannot be asked for */
static bool value_of(const struct usual *fresh, const struct sock_view *v, int fd, size_t i, int64_t *now)
{
	const uint32_t *words = v && fresh->words ? (const void *)v->words : NULL;
	const int64_t *known;

	if (words && words_same(fresh->words, words, i))
		return false;
	known = words ? words_known(fresh->words, words, i) : NULL;
	if (known)
		return *now = *known, true;
	if (!get(fd, opt(i), now))
		return false;
	if (words)
		words_note(fresh->words, words, i, *now);
	return true;
}

/* Return: -1 if there is no such option */
static int64_t option_now(const struct usual *fresh, const struct sock_view *v, int fd, size_t i)
{
	int64_t now;

	return !fresh->has[i] ? -1 : value_of(fresh, v, fd, i, &now) ? now : fresh->usual[i];
}

/* A filter is an inode, since it is no number; what locks it comes behind it. */
static int read_filter(struct snap *s, const struct file *f, struct text *out, const struct sock_view *v,
		       const struct usual *fresh)
{
	unsigned int id = 0;
	int rc = sock_view_none(v, K_SK_FILTER) ? 0 : filter_inode(s, f, &id);

	if (rc)
		return rc;
	if (id)
		sockopt_row(out, FILTER, id);
	if (option_now(fresh, v, f->dup, OPT_LOCK_FILTER) == 1)
		sockopt_row(out, LOCK_FILTER, 1);
	return 0;
}

int sockopts_read(struct snap *s, const struct file *f, struct text *out)
{
	return sockopts_read_without(s, f, out, NULL);
}

int sockopts_read_without(struct snap *s, const struct file *f, struct text *out,
			  const char *const *skip)
{
	const struct sock_view *v = sock_view(s, f);
	const struct usual *fresh = fresh_like(s, &f->sock, v);
	uint64_t net;
	int64_t now;
	size_t i;
	int rc = 0;

	text_section(out, &crfs_sockopt_shape);
	if (sock_net_row(s, &net))
		sockopt_row(out, NET, net);
	if (!fresh)
		return fail_on(s->err, -errno, file_obj(s, f), "a socket to compare with");
	for (i = 0; i < CRFS_NR_OPTS; i++)
		if (fresh->has[i] && !listed(skip, crfs_opts[i].name) && value_of(fresh, v, f->dup, i, &now) &&
		    is_row(f->dup, &crfs_opts[i], crfs_opts[i].kind != CRFS_OPT_BUF ? -1 :
			   option_now(fresh, v, f->dup, OPT_BUF_LOCK), now == fresh->usual[i])) {
			sockopt_row(out, crfs_opts[i].name, now);
			name_beside(s, f, &crfs_opts[i], now);
		}
	name_distributor(s, f, v);
	if (fresh->domain == AF_INET6 || !sock_view_none(v, K_INET_OPT))
		rc = packet_headers_read(s, f, fresh->domain, out);
	return rc ?: read_filter(s, f, out, v, fresh);
}

static bool is(const struct crfs_str *name, const char *what)
{
	return name->len == strlen(what) && !memcmp(name->p, what, name->len);
}

static const struct crfs_opt *by_name(const struct crfs_str *name)
{
	size_t i;

	for (i = 0; i < CRFS_NR_OPTS; i++)
		if (is(name, crfs_opts[i].name))
			return &crfs_opts[i];
	return NULL;
}

static const struct crfs_sockopt *find_row(const struct iobj *o, int section, const char *name)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (is(&r[i].option, name))
			return &r[i];
	return NULL;
}

int64_t sockopt_value(const struct iobj *o, int section, const char *name, int64_t usual)
{
	const struct crfs_sockopt *r = find_row(o, section, name);

	return r ? r->value : usual;
}

unsigned int sockopt_net(const struct iobj *o, unsigned int usual)
{
	const struct crfs_shape *const *sh;

	for (sh = o->room->shapes; sh && *sh; sh++)
		if (!strcmp((*sh)->name, crfs_sockopt_shape.name))
			return sockopt_value(o, sh - o->room->shapes, NET, usual);
	return usual;
}

static void check_net(struct image *im, const struct iobj *o, int64_t id)
{
	const struct iobj *n = id > 0 && id < UINT_MAX ? image_obj(im, IOBJ_NS, id) : NULL;

	if (id && (!n || n->room != &res_ns_net))
		image_mismatch(im, -EINVAL, o->path, NET " %lld: it is not in ns/", (long long)id);
}

static bool known(const struct crfs_str *name, const char *const *more)
{
	for (; more && *more; more++)
		if (is(name, *more))
			return true;
	return by_name(name) || is(name, LOCK_FILTER) || is(name, NET);
}

static bool is_owner(const struct crfs_str *name)
{
	return is(name, CRFS_SOCK_UID) || is(name, CRFS_SOCK_GID);
}

void sockopts_check(struct image *im, struct iobj *o, int section)
{
	sockopts_check_beside(im, o, section, NULL);
}

void sockopts_check_beside(struct image *im, struct iobj *o, int section, const char *const *more)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		if (is(&r[i].option, FILTER))
			filter_check(im, o, r[i].value);
		else if (packet_header_named(&r[i].option))
			packet_header_check(im, o, &r[i].option, r[i].value);
		else if (is(&r[i].option, NET))
			check_net(im, o, r[i].value);
		else if (!known(&r[i].option, more) || (is_owner(&r[i].option) && (r[i].value < 0 || r[i].value >= UINT_MAX)))
			image_mismatch(im, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
		if (r[i].option.len < 64 &&
		    find_row(o, section, strndupa(r[i].option.p, r[i].option.len)) != &r[i])
			image_mismatch(im, -EINVAL, o->path, "option %.*s: twice", r[i].option.len,
				       r[i].option.p);
	}
}

/*
 * Setting one may change another (IP_TOS sets SO_PRIORITY): so what is not as wanted is set again. What
 * TCP makes of its own depends on the state it is in.
 */
static int settle(struct restore *rs, struct iobj *o, int section, int fd, const int64_t *before,
		  const bool *has)
{
	int64_t now, want;
	size_t i;

	for (i = 0; i < CRFS_NR_OPTS; i++) {
		const struct crfs_sockopt *r = find_row(o, section, crfs_opts[i].name);

		want = r ? r->value : before[i];
		if (!has[i] || crfs_opts[i].late || !get(fd, &crfs_opts[i], &now) || now == want ||
		    (!r && moves_by_itself(fd, &crfs_opts[i], crfs_opts[i].kind != CRFS_OPT_BUF ? -1 :
					   sock_int(fd, SOL_SOCKET, BUF_LOCK))))
			continue;
		set(fd, &crfs_opts[i], want);
		if (crfs_opts[i].level != IPPROTO_TCP && get(fd, &crfs_opts[i], &now) && now != want)
			return fail_on(rs->err, -EINVAL, o->path, "setting %s to %lld: it becomes %lld",
				       crfs_opts[i].name, (long long)want, (long long)now);
	}
	return 0;
}

static int put(struct restore *rs, struct iobj *o, int section, int fd, bool late)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		const struct crfs_opt *opt = by_name(&r[i].option);

		/* The others are the filter, its lock, and what is for the room alone. */
		if (opt && opt->late == late && !set(fd, opt, r[i].value))
			return fail_on(rs->err, -errno, o->path, "setting %s to %lld", opt->name,
				       (long long)r[i].value);
	}
	return 0;
}

int sockopt_owner_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	uid_t uid = sockopt_value(o, section, CRFS_SOCK_UID, 0);
	gid_t gid = sockopt_value(o, section, CRFS_SOCK_GID, 0);

	if (!uid && !gid)
		return 0;
	return fchown(fd, uid, gid) < 0 ? fail_on(rs->err, -errno, o->path, "a socket of user %u, group %u", uid, gid) : 0;
}

static int put_headers(struct restore *rs, struct iobj *o, int section, int fd)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);
	int rc = 0;

	for (i = 0; i < n && !rc; i++)
		if (packet_header_named(&r[i].option))
			rc = packet_header_put(rs, o, r[i].value, fd);
	return rc;
}

int sockopts_put_first(struct restore *rs, struct iobj *o, int section, int fd)
{
	int64_t before[CRFS_NR_OPTS];
	bool has[CRFS_NR_OPTS];
	size_t n, i;
	int rc;

	image_recs(o, o->room, section, &n);
	if (!n)
		return 0;
	for (i = 0; i < CRFS_NR_OPTS; i++)
		has[i] = get(fd, &crfs_opts[i], &before[i]);
	rc = put(rs, o, section, fd, false) ?: settle(rs, o, section, fd, before, has);
	return rc ?: put_headers(rs, o, section, fd);
}

int sockopts_put_late(struct restore *rs, struct iobj *o, int section, int fd)
{
	int rc = put(rs, o, section, fd, true);

	return rc ? rc : sockopts_put_filter(rs, o, section, fd);
}

int sockopts_put_filter(struct restore *rs, struct iobj *o, int section, int fd)
{
	const struct crfs_sockopt *f = find_row(o, section, FILTER);
	const struct crfs_sockopt *lock = find_row(o, section, LOCK_FILTER);
	int one = 1, rc = f ? filter_attach(rs, o, f->value, fd) : 0;

	if (!rc && lock && setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) < 0)
		rc = fail_on(rs->err, -errno, o->path, "SO_LOCK_FILTER");
	return rc;
}

int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	int rc = sockopts_put_first(rs, o, section, fd);

	return rc ? rc : sockopts_put_late(rs, o, section, fd);
}
