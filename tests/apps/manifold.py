# SPDX-License-Identifier: GPL-2.0-or-later
"""asyncio with subprocesses, streams and threads, and multiprocessing with a pool, queues, locks and shared
memory, in one program. Counts the rounds in which all of it came out right."""
import asyncio
import hashlib
import multiprocessing as mp
import os
import sys
from multiprocessing import shared_memory


def digest(n):
    return hashlib.sha256(b"%d" % n * 1000).hexdigest()


def double(inbox, outbox, name, lock, total):
    shm = shared_memory.SharedMemory(name)
    while True:
        n = inbox.get()
        with lock:
            shm.buf[n % 4096] = (shm.buf[n % 4096] + 1) % 256
            total.value += n
        outbox.put((n, 2 * n))


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def main():
    loop = asyncio.get_running_loop()
    pool = mp.Pool(2)
    inbox, outbox, lock, total = mp.Queue(), mp.Queue(), mp.Lock(), mp.Value("q", 0)
    shm = shared_memory.SharedMemory(create=True, size=4096)
    for _ in range(3):
        mp.Process(target=double, args=(inbox, outbox, shm.name, lock, total), daemon=True).start()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    cat = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    want, i = 0, 0
    while not os.path.exists(os.environ["CRFS_GO"]):
        for n in range(i, i + 5):
            inbox.put(n)
            want += n
        answer = pool.map_async(digest, range(i, i + 8))
        writer.write(b"line %d\n" % i)
        cat.stdin.write(b"cat %d\n" % i)
        slow = loop.run_in_executor(None, digest, i)
        assert await reader.readline() == b"LINE %d\n" % i
        assert await cat.stdout.readline() == b"cat %d\n" % i
        assert await slow == digest(i)
        got = [await loop.run_in_executor(None, outbox.get) for _ in range(5)]
        assert sorted(got) == [(n, 2 * n) for n in range(i, i + 5)], got
        assert total.value == want
        assert sum(shm.buf) % 256 == (i + 1) * 5 % 256
        assert await loop.run_in_executor(None, answer.get) == [digest(n) for n in range(i, i + 8)]
        await asyncio.wait_for(asyncio.sleep(0.005), 10)
        print(i, flush=True)
        i += 1
    cat.terminate()
    pool.terminate()
    for p in mp.active_children():
        p.kill()
    shm.unlink()


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1] if len(sys.argv) > 1 else "fork")
    asyncio.run(main())
