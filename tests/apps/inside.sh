# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in a container, in busybox sh: looks at all that it sees of it, says ready, and looks again when it is told.
look() {
	# Without the numbers that are the kernel's to give: mounts, devices, peer groups.
	echo "mounts:"; sed 's/^[0-9]* [0-9]* [0-9:]* //; s/\(shared\|master\):[0-9]*/\1/g' /proc/self/mountinfo | sort
	echo "cgroup:"; grep '^0::' /proc/self/cgroup
	echo "host:"; hostname; cat /etc/hosts /etc/resolv.conf
	echo "who:"; id; grep -E '^(Cap|NoNewPrivs|Groups|[UG]id|Seccomp)' /proc/self/status; ulimit -n
	echo "maps:"; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
	# The time of the root of devpts or mqueue is that of its mount.
	echo "files:"; ls -ln /dev /dev/shm /run /tmp | sed 's/^total.*//; s/ [A-Z][a-z][a-z]  *[0-9]* [0-9:]* \(pts\|mqueue\)$/ \1/'; cat /tmp/note /dev/shm/note /run/dir/note
	echo "masked:"; wc -c < /proc/kcore; ls /proc/scsi /sys/firmware 2>&1
	echo "links:"; ls /sys/class/net; cat /proc/net/dev | cut -d: -f1; ip addr show 2>&1 | grep -v mtu
	(echo x > /proc/sys/kernel/panic) 2>&1
	(echo x > /new) 2>&1
	(echo x > /etc/hosts) 2>&1
	echo "pids:"; echo $$ $PPID; ls -d /proc/[0-9]* | sort
}
echo in tmp > /tmp/note
echo in shm > /dev/shm/note
mkdir /run/dir && echo in run > /run/dir/note && ln -s dir/note /run/link
sleep 1000 & 
exec 5<> /dev/null 6< /run/dir/note 7> /tmp/log
cd /run/dir
look > /work/before 2>&1
echo ready
while [ ! -e /work/go ]; do usleep 50000; done
look > /work/after 2>&1
# The shell's children differ from look to look.
for f in before after; do grep -v '^/proc/[0-9]*$' /work/$f > /work/$f.same; done
cmp -s /work/before.same /work/after.same || { diff /work/before.same /work/after.same; echo "fail: it differs"; exit 1; }
echo more >&7; read -r line <&6
[ "$line" = "in run" ] && [ "$(cat /tmp/log)" = more ] && [ "$(pwd)" = /run/dir ] || { echo "fail: descriptors"; exit 1; }
kill $!
echo pass
