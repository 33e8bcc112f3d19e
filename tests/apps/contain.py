#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Start a command in namespaces of its own: contain.py CGROUP KIND,... CMD...

CMD is the first process in them, in CGROUP, and nobody outside is in any of them. KINDs are those of unshare(1);
user gives ids from 100000 on; rootless is user 1234's own, who is root in there and nobody else.
"""
import ctypes
import os
import sys

FLAGS = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000,
         "pid": 0x20000000, "net": 0x40000000}
libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags):
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


cgroup, kinds, cmd = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
rootless = "rootless" in kinds
if rootless:
    kinds[kinds.index("rootless")] = "user"
flags = sum(FLAGS[k] for k in kinds)
ready, go = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    os.setsid()
    write(cgroup + "/cgroup.procs", "0")
    if "user" in kinds:
        if rootless:
            os.setgroups([1234, 77])
            os.setresgid(1234, 1234, 1234)
            os.setresuid(1234, 1234, 1234)
        unshare(FLAGS["user"])
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        if not rootless:
            os.setgroups([])
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
    unshare(flags & ~FLAGS["user"])
    if os.fork():
        os._exit(0)
    os.setsid()
    os.closerange(3, 100)
    if "mount" in kinds and "pid" in kinds:
        libc.mount(b"none", b"/", None, 0x4000 | 1 << 18, None)
        if libc.mount(b"proc", b"/proc", b"proc", 14, None):
            raise OSError(ctypes.get_errno(), "mounting /proc")
    os.execvp(cmd[0], cmd)
if "user" in kinds:
    os.read(ready[0], 1)
    if rootless:
        write("/proc/%d/setgroups" % pid, "deny")
    for name in "uid_map", "gid_map":
        write("/proc/%d/%s" % (pid, name), "0 1234 1\n" if rootless else "0 100000 65536\n")
    os.write(go[1], b"x")
sys.exit(os.waitpid(pid, 0)[1] != 0)
