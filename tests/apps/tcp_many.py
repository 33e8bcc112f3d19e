# SPDX-License-Identifier: GPL-2.0-or-later
"""Many idle connections with itself, through a listener without SO_REUSEADDR: tcp_many.py NUMBER [HOST PORT],
and one that waits for HOST to answer."""
import os
import socket
import sys
import time

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(100)
pairs = []
for _ in range(int(sys.argv[1])):
    a = socket.create_connection(listener.getsockname())
    pairs.append((a, listener.accept()[0]))
waits = socket.socket()
if len(sys.argv) > 2:
    waits.setblocking(False)
    waits.connect_ex((sys.argv[2], int(sys.argv[3])))
    name = waits.getsockname()
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
for a, b in pairs:
    a.sendall(b"there")
    assert b.recv(100) == b"there"
    b.sendall(b"back")
    assert a.recv(100) == b"back"
if len(sys.argv) > 2:
    assert waits.getsockname() == name
    assert waits.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 2
a = socket.create_connection(listener.getsockname())
listener.accept()[0].sendall(b"more")
assert a.recv(100) == b"more"
print("pass", flush=True)
