# SPDX-License-Identifier: GPL-2.0-or-later
"""Urgent data across the border: tcp_urgent.py inner|outer PORT. Each has sent "before!", the last byte urgent, and
"after"; the inner side reads when CRFS_GO is there, answers, and the outer side reads that."""
import os
import socket
import sys
import time

role, port = sys.argv[1], int(sys.argv[2])
if role == "outer":
    l = socket.create_server(("127.0.0.1", port))
    print("listening", flush=True)
    s = l.accept()[0]
else:
    s = socket.create_connection(("127.0.0.1", port))
s.send(b"before!", socket.MSG_OOB)
s.send(b"after")
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
got = s.recv(6, socket.MSG_WAITALL), s.recv(1, socket.MSG_OOB), s.recv(5, socket.MSG_WAITALL)
s.sendall(b"on")
got += (s.recv(2, socket.MSG_WAITALL),)
print("pass" if got == (b"before", b"!", b"after", b"on") else "fail: %r" % (got,), flush=True)
