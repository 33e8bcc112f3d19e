# SPDX-License-Identifier: GPL-2.0-or-later
"""So many connections that most are read from the kernel's memory: of both families, with bytes that wait, halves that
are shut, options, algorithms of congestion control; each has something of its own, or nothing."""
import os
import resource
import socket
import time

PAIRS = 300
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))


def listener(family, host):
    s = socket.socket(family)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind((host, 0))
    s.listen(10)
    return s


def algorithm(s, i):
    names = open("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read().split()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, names[i % len(names)].encode())


def deal(a, b, i):
    """What the pair number i has."""
    what = i % 12
    if what == 1:
        a.sendall(b"waits" * i)
    elif what == 2:
        a.shutdown(socket.SHUT_WR)
    elif what == 3:
        b.shutdown(socket.SHUT_RD)
    elif what == 4:
        a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        b.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        b.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1000 + i)
    elif what == 5:
        algorithm(a, i)
        algorithm(b, i + 1)
    elif what == 6:
        a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10000 + i)
        b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000 + i)
    elif what == 7:
        a.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 70000 + i)
        a.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
        a.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 3)
    elif what == 8:
        a.sendall(b"was read")
        b.recv(100)
        b.sendall(b"too")
        a.recv(100)
    elif what == 9:
        a.sendall(b"read in part")
        b.recv(4)
    elif what == 10:
        a.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 9)
        b.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 16)


def check(a, b, i):
    what = i % 12
    ahead = {1: b"waits" * i, 9: b" in part"}.get(what, b"")
    if what != 2:
        a.sendall(b"there")
        if what != 3:
            want, got = ahead + b"there", b""
            while len(got) < len(want):
                got += b.recv(10000)
            assert got == want, (i, got)
    b.sendall(b"back")
    assert a.recv(100) == b"back", i


listeners = [listener(socket.AF_INET, "127.0.0.1"), listener(socket.AF_INET6, "::")]
goals = [("127.0.0.1", 0, socket.AF_INET), ("127.0.0.1", 1, socket.AF_INET), ("::1", 1, socket.AF_INET6),
         ("::ffff:127.0.0.1", 1, socket.AF_INET6)]
pairs = []
for i in range(PAIRS):
    host, which, family = goals[i % 4]
    a = socket.socket(family)
    a.connect((host, listeners[which].getsockname()[1]))
    pairs.append((a, listeners[which].accept()[0]))
    deal(*pairs[-1], i)
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
for i, (a, b) in enumerate(pairs):
    check(a, b, i)
    assert i % 12 != 4 or b.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 1000 + i
print("pass", flush=True)
