# SPDX-License-Identifier: GPL-2.0-or-later
"""Two sides of connections in every state: tcp_half.py inner|outer HOST PORT REPORT.

The outer side listens, the inner connects. Each sends what fits and says goodbye as its row says, waits for
CRFS_GO, sends the rest, reads to the end, and reports what it sent and got."""
import json
import os
import random
import socket
import struct
import sys
import threading
import time

SIZE = 6 << 20
# who fills the connection, and who says goodbye, in this order: i the inner side, o the outer
ROWS = [("", ""), ("io", ""), ("i", "i"), ("", "i"), ("", "o"), ("o", "o"), ("i", "oi"), ("i", "io"), ("o", "i")]
role, host, port, report = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
me, you = ("i", "o") if role == "inner" else ("o", "i")


def pattern(k, who):
    return random.Random(2 * k + (who == "i")).randbytes(SIZE)


def fill(s, data, n):
    s.setblocking(False)
    sent = 0
    try:
        while sent < n:
            sent += s.send(data[sent:n])
    except BlockingIOError:
        pass
    s.setblocking(True)
    return sent


def state(s):
    return s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def wait_fin(s):
    end = time.time() + 5
    while state(s) not in (8, 11) and time.time() < end:
        time.sleep(0.01)


def connections():
    if role == "outer":
        l = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                                 backlog=32)
        print("listening", flush=True)
        return [l.accept()[0] for _ in ROWS], l
    out = []
    for _ in ROWS:
        s = socket.create_connection((host, port))
        out.append(s)
    return out, None


def begin(k, s):
    full, bye = ROWS[k]
    sent = fill(s, pattern(k, me), SIZE if me in full else 1000 + k)
    for n, who in enumerate(bye):
        if who == me:
            if n:
                wait_fin(s)
            s.shutdown(socket.SHUT_WR)
    return sent


def finish(k, s, sent, results):
    try:
        s.settimeout(60 * int(os.environ.get("CRFS_SLOW", 1)))
        data, bye = pattern(k, me), ROWS[k][1]
        rest = sent + 5000

        def send_rest():
            if me not in bye:
                s.sendall(data[sent:rest])
                s.shutdown(socket.SHUT_WR)
        t = threading.Thread(target=send_rest)
        t.start()
        got = b""
        while True:
            piece = s.recv(1 << 20)
            if not piece:
                break
            got += piece
        t.join()
        n = sent if me in bye else min(rest, SIZE)
        results[k] = {"sent": n, "got": len(got), "same": got == pattern(k, you)[:len(got)]}
    except Exception as e:
        results[k] = {"error": str(e)}


conns, listener = connections()
sent = [begin(k, s) for k, s in enumerate(conns)]
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
results = {}
threads = [threading.Thread(target=finish, args=(k, s, sent[k], results)) for k, s in enumerate(conns)]
for t in threads:
    t.start()
for t in threads:
    t.join()
with open(report + ".new", "w") as f:
    json.dump([results.get(k) for k in range(len(ROWS))], f)
os.rename(report + ".new", report)
