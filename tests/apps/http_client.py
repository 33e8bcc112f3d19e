# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of a web server at work: http_client.py PORT PAGES.

Some ask for pages over one connection that is kept alive, with the next request always on its way; some
read a large file slowly. Every byte is looked at. Ends when CRFS_GO is there. PAGES: where they lie."""
import http.client
import os
import socket
import sys
import threading
import time

PORT, PAGES = int(sys.argv[1]), sys.argv[2]
stop = threading.Event()
failed = []


def keep_alive(n, begun):
    want = open("%s/%d" % (PAGES, n), "rb").read()
    s = socket.create_connection(("127.0.0.1", PORT))
    s.settimeout(60)
    f = s.makefile("rb")
    request = b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n" % n
    s.sendall(request)
    while True:
        last = stop.is_set()
        if not last:
            s.sendall(request)
        if not f.readline().startswith(b"HTTP/1.1 200 "):
            raise ValueError("another answer")
        if int(http.client.parse_headers(f)["Content-Length"]) != len(want) or f.read(len(want)) != want:
            raise ValueError("another page")
        begun.set()
        if last:
            break


def large(n, begun):
    want = open(PAGES + "/large", "rb").read()
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    c.request("GET", "/large")
    r = c.getresponse()
    at = 0
    while at < len(want):
        piece = r.read(min(1 << 16, len(want) - at))
        if not piece or piece != want[at:at + len(piece)]:
            raise ValueError("another byte after %d" % at)
        at += len(piece)
        begun.set()
        if not stop.is_set():
            time.sleep(0.02 * (n % 3 + 1))


def run(what, n, begun):
    try:
        what(n, begun)
    except Exception as e:
        failed.append("%s %d: %s" % (what.__name__, n, e))
        begun.set()


jobs = [(keep_alive, n) for n in range(4)] + [(large, n) for n in range(3)]
begun = [threading.Event() for _ in jobs]
threads = [threading.Thread(target=run, args=(*j, b)) for j, b in zip(jobs, begun)]
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
