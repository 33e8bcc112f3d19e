# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of a redis-server at work: each counts in a key of its own, with commands always on the way;
an answer that is lost, comes twice or belongs to another is found. Ends when CRFS_GO is there."""
import os
import socket
import sys
import threading
import time

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
HOST = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
BIG = b"x" * 30000
stop = threading.Event()
failed = []


def command(*words):
    out = b"*%d\r\n" % len(words)
    for w in words:
        out += b"$%d\r\n%s\r\n" % (len(w), w)
    return out


def work(n, begun):
    try:
        s = socket.create_connection((HOST, PORT))
        s.settimeout(60 * int(os.environ.get("CRFS_SLOW", 1)))
        f = s.makefile("rb")
        key = b"count%d" % n
        i = 0
        while not stop.is_set():
            s.sendall(command(b"INCR", key) + command(b"ECHO", BIG) + command(b"INCR", key))
            for want in (i + 1, None, i + 2):
                line = f.readline()
                if want is None:
                    if line != b"$%d\r\n" % len(BIG) or f.read(len(BIG) + 2) != BIG + b"\r\n":
                        raise ValueError("the echo is another")
                elif line != b":%d\r\n" % want:
                    raise ValueError("%r and not %d" % (line, want))
            i += 2
            begun.set()
            time.sleep(0.0005 * (n % 3))
        s.close()
    except Exception as e:
        failed.append("client %d after %d: %s" % (n, i, e))
        begun.set()


begun = [threading.Event() for _ in range(CLIENTS)]
threads = [threading.Thread(target=work, args=(n, begun[n])) for n in range(CLIENTS)]
for t in threads:
    t.start()
for b in begun:
    b.wait()
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
time.sleep(0.5)
stop.set()
for t in threads:
    t.join()
print("fail: " + "; ".join(failed) if failed else "pass", flush=True)
