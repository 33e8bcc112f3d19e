# SPDX-License-Identifier: GPL-2.0-or-later
"""The other ends of what stays outside: outside.py CGROUP DIR LOG COMMAND...

Starts COMMAND in CGROUP with descriptors 3 to 9 (tests/work/fd/external.c), and listens. What comes goes into
DIR/heard; DIR/things has a line `name thing` for each, and `replaced` ones, to be given at the restore."""
import os
import selectors
import signal
import socket
import sys

cgroup, where, log, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
os.chdir(where)
r, w = os.pipe()
master, slave = os.openpty()
mine, his = socket.socketpair()
mine2, his2 = socket.socketpair()
dgram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
dgram.bind(where + "/dgram")
for name in ("dir", "dir2"):
    os.mkdir(name)
    open(name + "/inside", "w").close()
for name in ("file", "file2"):
    open(name, "w").write("what is in it\n")
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to.connect(where + "/dgram")
fds = [w, slave, his.fileno(), to.fileno(), os.open("/dev/null", os.O_RDWR),
       os.open("file", os.O_RDONLY), os.open("dir", os.O_RDONLY)]

pid = os.fork()
if pid == 0:
    high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i, inheritable=True)
    os.closerange(3 + len(fds), 256)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.closerange(3 + len(fds), 256)
    with open(cgroup + "/cgroup.procs", "w") as f:
        f.write(str(os.getpid()))
    os.setsid()
    os.execvp(command[0], command)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for fd in fds[4:]:
    os.close(fd)
to.close()
his_ino = os.fstat(his.fileno()).st_ino
proc = "/proc/%d/fd/%%d" % os.getpid()
with open("things.new", "w") as f:
    f.write("\n".join((
        "pipe pipe:[%d]" % os.fstat(r).st_ino, "terminal " + os.ttyname(slave), "stream " + proc % mine.fileno(),
        "dgram %s/dgram" % where, "file %s/file" % where, "dir %s/dir" % where, "")))
with open("replaced", "w") as f:
    f.write("\n".join((
        "pipe " + proc % r, "terminal " + os.ttyname(slave), "stream " + proc % his2.fileno(),
        "dgram %s/dgram" % where, "file %s/file2" % where, "dir %s/dir2" % where, "")))
his.close()	# the pipe stays open for writing, or it would end with the container
os.rename("things.new", "things")

sel = selectors.DefaultSelector()
for what in (r, master, mine, mine2, dgram):
    sel.register(what, selectors.EVENT_READ)
while True:
    for key, _ in sel.select():
        try:
            data = os.read(key.fd, 1000)
        except OSError:
            data = b""
        if not data:
            sel.unregister(key.fileobj)
            continue
        with open("heard", "ab") as f:
            f.write(data.strip() + b"\n")
        if key.fileobj in (mine, mine2):
            key.fileobj.sendall(b"you said " + data)
