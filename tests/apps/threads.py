# SPDX-License-Identifier: GPL-2.0-or-later
"""Python with threads: counters under locks, a queue, an event, a timer; says ready, checks, says pass."""
import os
import queue
import sys
import threading
import time

N = 6
go = os.environ["CRFS_GO"]
lock = threading.Lock()
stop = threading.Event()
work = queue.Queue(maxsize=8)
counts = [0] * N
done = []


def count(i):
    while not stop.is_set():
        with lock:
            counts[i] += 1
        time.sleep(0.001)


def produce():
    n = 0
    while not stop.is_set():
        work.put(n)
        n += 1
    work.put(None)


def consume():
    want = 0
    while (n := work.get()) is not None:
        assert n == want, f"{n} came, not {want}"
        want += 1
    done.append(want)


threads = [threading.Thread(target=count, args=(i,)) for i in range(N)]
threads += [threading.Thread(target=produce), threading.Thread(target=consume)]
for t in threads:
    t.start()
data = {i: os.urandom(100) for i in range(20000)}
check = {i: hash(v) for i, v in data.items()}
time.sleep(0.1)
with lock:
    before = list(counts)
print("ready", flush=True)
while not os.path.exists(go):
    time.sleep(0.01)
time.sleep(0.2)
stop.set()
for t in threads:
    t.join()
ok = all(b > a for a, b in zip(before, counts)) and done and done[0] > 0
ok = ok and all(hash(data[i]) == h for i, h in check.items())
print("pass" if ok else f"fail: {before} {counts} {done}", flush=True)
sys.exit(not ok)
