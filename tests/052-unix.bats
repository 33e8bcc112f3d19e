#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that talk over unix sockets among themselves, in the middle of it.
load helpers

need() {
	command -v "$1" > /dev/null || skip "$1 is not installed"
}

lines() { wc -l < "$LOG"; }
more_than() { [ "$(lines)" -gt "$1" ]; }

# counts CMD...: it prints 0, 1, 2, ... before, after, and misses or repeats nothing
counts() {
	cg_new counts
	start_in "$CG" "$@"
	wait_for more_than 5
	there_and_back
	wait_for more_than $(($(lines) + 10))
	awk '$1 != NR - 1 { print "line " NR " says " $1; exit 1 }' "$LOG"
}

@test "python3 multiprocessing: duplex pipes, a pool, a manager" {
	counts python3 -uc '
import itertools, multiprocessing as m, time
def echo(c):
	while True: c.send(c.recv())
def square(x): return x * x
if __name__ == "__main__":
	m.set_start_method("fork")
	a, b = m.Pipe(duplex=True)
	m.Process(target=echo, args=(b,), daemon=True).start()
	pool = m.Pool(3)
	d = m.Manager().dict()
	for i in itertools.count():
		a.send((i, "x" * 70000))
		assert pool.map(square, range(20)) == [x * x for x in range(20)]
		d["i"] = i
		assert a.recv()[0] == d["i"]
		print(i)
		time.sleep(0.01)'
}

@test "workers that get connections passed to them, as descriptors" {
	counts python3 -uc '
import array, itertools, os, socket, time
pairs = []
for n in range(3):
	here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	if not os.fork():
		here.close()
		while True:
			msg, fds, flags, addr = socket.recv_fds(there, 100, 1)
			c = socket.socket(fileno=fds[0])
			c.sendall(b"%d %s" % (os.getpid(), msg))
			c.close()
	there.close()
	pairs.append(here)
for i in itertools.count():
	mine, his = socket.socketpair()
	socket.send_fds(pairs[i % 3], [b"job %d" % i], [his.fileno()])
	his.close()
	assert mine.recv(100).endswith(b"job %d" % i)
	assert mine.recv(100) == b""
	print(i)
	time.sleep(0.01)'
}

@test "a logger with many senders, by datagrams" {
	counts python3 -uc '
import itertools, os, socket, time
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("log")
for n in range(4):
	if not os.fork():
		log.close()
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.connect("log")
		for i in itertools.count():
			s.send(b"%d %d" % (n, i))
last = [-1] * 4
for i in itertools.count():
	n, k = map(int, log.recv(100).split())
	assert k == last[n] + 1, (n, k, last)
	last[n] = k
	if i % 100 == 0: print(i // 100)
	time.sleep(0.0001)'
}

@test "node that talks to a child" {
	need node
	counts node -e '
const c = require("child_process").spawn("cat");
let i = 0;
c.stdout.on("data", (d) => { console.log(d.toString().trim()); setTimeout(() => c.stdin.write(`${i++}\n`), 10); });
c.stdin.write(`${i++}\n`)'
}

@test "dbus-daemon with a client" {
	need dbus-daemon
	cat > "$T/work/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><type>session</type><listen>unix:path=$T/work/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
	END
	cat > "$T/work/client.py" <<-'END'
	import itertools, os, socket, struct, subprocess, sys, time
	subprocess.Popen(["dbus-daemon", "--config-file=bus.conf", "--nofork", "--nopidfile"], stdin=subprocess.DEVNULL,
	                 user=65534, group=65534, extra_groups=[])	# root's asks for audit, by netlink
	s = socket.socket(socket.AF_UNIX)
	while s.connect_ex("bus"):
	    time.sleep(0.02)
	s.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
	assert s.recv(200).startswith(b"OK")
	s.sendall(b"BEGIN\r\n")
	def field(n, sig, v):
	    v = v.encode()
	    return struct.pack("<BBcB", n, 1, sig.encode(), 0) + struct.pack("<I", len(v)) + v + b"\0"
	def call(serial, member):
	    f = b""
	    for n, sig, v in ((1, "o", "/org/freedesktop/DBus"), (2, "s", "org.freedesktop.DBus"),
	                      (3, "s", member), (6, "s", "org.freedesktop.DBus")):
	        f += b"\0" * (-len(f) % 8) + field(n, sig, v)
	    h = struct.pack("<cBBBIII", b"l", 1, 0, 1, 0, serial, len(f)) + f
	    s.sendall(h + b"\0" * (-len(h) % 8))
	    while True:
	        h = s.recv(16, socket.MSG_WAITALL)
	        body, ser, n = struct.unpack("<III", h[4:])
	        rest = s.recv((n + 7) // 8 * 8 + body, socket.MSG_WAITALL)
	        if h[1] in (2, 3):
	            assert h[1] == 2, rest
	            return rest
	call(1, "Hello")
	for i in itertools.count():
	    call(i + 2, "GetId")
	    print(i, flush=True)
	    time.sleep(0.01)
	END
	chmod 777 "$T/work"
	chmod -R a+rX "$T/work"
	counts python3 client.py
}
