# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection that is accepted by TCP fast open while its handshake is not over, as its last ACK gets lost: in a network
of its own, with nft(8)."""
import os
import socket
import subprocess
import time

subprocess.run("ip link set lo up; echo 1543 > /proc/sys/net/ipv4/tcp_fastopen", shell=True, check=True)	# 0x607
subprocess.run(["nft", "table inet t { chain c { type filter hook output priority 0; tcp dport 4242 tcp flags & (syn | ack) == ack drop; }; }"],
               check=True)
l = socket.socket()
l.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
l.bind(("127.0.0.1", 4242))
l.listen(5)
c = socket.socket()
c.sendto(b"early", socket.MSG_FASTOPEN, ("127.0.0.1", 4242))
s = l.accept()[0]
assert s.recv(5) == b"early"
print("state", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0], flush=True)
print("ready", flush=True)
while not os.path.exists(os.environ["CRFS_GO"]):
    time.sleep(0.02)
subprocess.run(["nft", "delete table inet t"], check=True)
c.sendall(b"late")
print("pass" if s.recv(4, socket.MSG_WAITALL) == b"late" else "fail", flush=True)
