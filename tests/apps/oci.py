#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A bundle for an OCI runtime: oci.py DIR WORK SCRIPT [user] [VAR=VALUE]...

DIR gets a root filesystem of busybox and a config.json as engines write them; WORK is bound to /work; SCRIPT runs
there, in sh. user: in a user namespace, whose ids begin with 100000 here.
"""
import json
import os
import shutil
import subprocess
import sys

bundle, work, script = sys.argv[1:4]
user = "user" in sys.argv[4:]
root = os.path.join(bundle, "rootfs")
for d in "bin dev etc proc sys tmp run work usr/bin".split():
    os.makedirs(os.path.join(root, d), exist_ok=True)
shutil.copy("/bin/busybox", root + "/bin/busybox")
for name in subprocess.run([root + "/bin/busybox", "--list"], capture_output=True, text=True).stdout.split():
    if not os.path.lexists(root + "/bin/" + name):
        os.symlink("busybox", root + "/bin/" + name)
open(root + "/etc/passwd", "w").write("root:x:0:0::/:/bin/sh\n")
for name in "hosts", "resolv.conf", "hostname":	# which engines put in place by bind mounts
    open(root + "/etc/" + name, "w").close()
    open(bundle + "/" + name, "w").write("10.0.0.1 " + name + "\n")


def mount(to, kind, source, *options):
    return {"destination": to, "type": kind, "source": source, "options": list(options)}


caps = ["CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"]
config = {
    "ociVersion": "1.0.0",
    "process": {
        "terminal": False, "cwd": "/work", "args": ["sh", script], "noNewPrivileges": user,
        "user": {"uid": 0, "gid": 0},
        "env": ["PATH=/bin:/usr/bin"] + [a for a in sys.argv[4:] if "=" in a],
        "capabilities": {k: caps for k in ("bounding", "effective", "permitted")},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
    },
    "root": {"path": "rootfs", "readonly": True},
    "hostname": "inside",
    "mounts": [
        mount("/proc", "proc", "proc"),
        mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
        mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
        mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
        mount("/sys/fs/cgroup", "cgroup2", "cgroup2", "nosuid", "noexec", "nodev", "ro"),
        mount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev"),
        mount("/run", "tmpfs", "run", "nosuid", "nodev", "mode=755"),
        mount("/work", "bind", work, "rbind", "rprivate"),
    ] + [mount("/etc/" + name, "bind", bundle + "/" + name, "bind", "ro", "private")
         for name in ("hosts", "resolv.conf", "hostname")],
    "linux": {
        "namespaces": [{"type": t} for t in ["pid", "network", "ipc", "uts", "mount", "cgroup"] +
                       (["user"] if user else [])],
        "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                        "/proc/scsi", "/sys/firmware"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        "rootfsPropagation": "rslave",
        "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                    "syscalls": [{"names": ["kexec_load", "swapon"], "action": "SCMP_ACT_ERRNO"}]},
    },
}
config["linux"].update(a.split("=", 1) for a in sys.argv[4:] if a.startswith("cgroupsPath="))
if user:
    config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = [
        {"containerID": 0, "hostID": 100000, "size": 65536}]
json.dump(config, open(bundle + "/config.json", "w"), indent=1)
