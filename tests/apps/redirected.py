# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections whose addresses netfilter translates: who is called says the first word after the restore. Waits for
the rules until the file "rules" is there."""
import os
import socket
import time


def wait(path):
    while not os.path.exists(path):
        time.sleep(0.02)


print("up", flush=True)
wait("rules")
listener = socket.create_server(("127.0.0.1", 80))
client = socket.create_connection(("127.0.0.1", 8181), 5)
server = listener.accept()[0]
client.sendall(b"hello")
assert server.recv(100) == b"hello"
assert client.getpeername()[1] == 8181 and server.getsockname()[1] == 80
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 5353))
asks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asks.connect(("127.0.0.1", 53))
asks.send(b"who")
question, who = names.recvfrom(100)
print("ready", flush=True)
wait(os.environ["CRFS_GO"])
for s in (client, server, asks, names):
    s.settimeout(5)
server.sendall(b"first")
assert client.recv(100) == b"first"
client.sendall(b"then")
assert server.recv(100) == b"then"
names.sendto(b"me", who)
assert asks.recv(100) == b"me"
try:
    socket.create_connection(("127.0.0.1", 80), 0.5)
    print("fail: somebody new gets in")
except TimeoutError:
    print("pass", flush=True)
