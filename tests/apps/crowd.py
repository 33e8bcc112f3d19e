# SPDX-License-Identifier: GPL-2.0-or-later
"""A crowd of N processes or threads: crowd.py wide|deep|threads N. Each counts; the least count is told."""
import mmap
import os
import struct
import sys
import threading
import time

kind, n = sys.argv[1], int(sys.argv[2])
counts = mmap.mmap(-1, 8 * n)			# shared with all children


def count(i):
    while True:
        struct.pack_into("q", counts, 8 * i, struct.unpack_from("q", counts, 8 * i)[0] + 1)
        time.sleep(0.2)


threading.stack_size(64 * 1024)
for i in range(n):
    if kind == "threads":
        threading.Thread(target=count, args=(i,), daemon=True).start()
    elif (os.fork() == 0) == (kind == "wide"):	# deep: the parent counts, the child goes on
        count(i)
least = 0
while True:
    now = min(struct.unpack(f"{n}q", counts))
    if now > least:
        least = now
        print(least, flush=True)
    time.sleep(0.05)
