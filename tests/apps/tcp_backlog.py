#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that nobody accepts until $CRFS_GO is there.

tcp_backlog.py serve HOST PORT: then it accepts as many as come in a second, and answers each line.
tcp_backlog.py call HOST PORT N [WHEN]: N connections with a line on each, half of them with nothing more to
say; with WHEN they begin when that file is there. Each must be answered.
"""
import os
import select
import socket
import sys
import time

how, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in host else socket.AF_INET


def wait(path):
    while not os.path.exists(path):
        time.sleep(0.02)


def line(k):
    return b"%d " % k + b"x" * (k * 997 % 20000) + b"\n"


def read_line(s):
    got = b""
    while not got.endswith(b"\n"):
        part = s.recv(65536)
        if not part:
            raise SystemExit(f"fail: ended after {got[:20]}")
        got += part
    return got


def serve():
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    s.listen(64)
    print("ready", flush=True)
    wait(os.environ["CRFS_GO"])
    served = 0
    while select.select([s], [], [], 8 if served == 0 else 2.5)[0]:
        c, _ = s.accept()
        c.sendall(read_line(c)[::-1] + b"\n")
        c.close()
        served += 1
    print(f"served {served}", flush=True)
    print("pass", flush=True)


def call():
    n = int(sys.argv[4])
    if len(sys.argv) > 5:
        wait(sys.argv[5])
        print("calling", flush=True)
    calls = []
    for k in range(n):
        c = socket.socket(family)
        c.settimeout(30 * int(os.environ.get("CRFS_SLOW", 1)))
        c.connect((host, port))
        c.sendall(line(k))
        if k % 2:
            c.shutdown(socket.SHUT_WR)
        calls.append(c)
    print("ready", flush=True)
    for k, c in enumerate(calls):
        got = read_line(c)
        if got == b"\n":
            got += read_line(c)
        if got.strip() != line(k)[::-1].strip():
            raise SystemExit(f"fail: connection {k}: {got[:40]}")
    print("pass", flush=True)


serve() if how == "serve" else call()
