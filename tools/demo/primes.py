# SPDX-License-Identifier: GPL-2.0-or-later
"""For the demo: four threads look for primes, each its own share; one line each second says how far."""
import os
import threading
import time

found = []
at = [0] * 4
lock = threading.Lock()
born = time.monotonic()


def hunt(i):
    n = 3 + 2 * i
    while True:
        if all(n % d for d in range(3, int(n ** 0.5) + 1, 2)):
            with lock:
                found.append(n)
        n += 8
        at[i] = n
        if n % 64 < 8:
            time.sleep(0.001)


for i in range(4):
    threading.Thread(target=hunt, args=(i,), daemon=True).start()
while True:
    time.sleep(0.5)
    with lock:
        count, last = len(found), max(found)
        ok = all(p % 3 or p == 3 for p in found[-100:])
    print(f"pid {os.getpid()}, {threading.active_count()} threads, {time.monotonic() - born:.1f} s old: "
          f"{count} primes, the largest {last}{'' if ok else ' - WRONG'}", flush=True)
