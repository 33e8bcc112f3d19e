#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody but the program has, or has only for a moment: each is refused by name, and goes on unharmed.
load common

@test "obstacles: secret_mapped is refused" { refused obstacles secret_mapped 'secret memory \(memfd_secret\): cannot be read'; }
@test "obstacles: userfaultfd_registered is refused" { refused obstacles userfaultfd_registered 'registered with userfaultfd \(um\): unmap it before the checkpoint'; }
@test "obstacles: perf_mapped is refused" { refused obstacles perf_mapped 'memory of a kernel object: close it before the checkpoint'; }
@test "obstacles: lease_breaking is refused" { refused obstacles lease_breaking 'EOPNOTSUPP files/[0-9]+: LEASE lock, BREAKING: wait until it is settled'; }
@test "obstacles: locked_pipe is refused" { refused obstacles locked_pipe 'EOPNOTSUPP files/[0-9]+: FLOCK lock on pipe:.*: only files and directories carry theirs'; }
@test "obstacles: netfilter_log is refused" { refused obstacles netfilter_log 'netfilter queues or logs packets to it: let the program unbind it'; }
@test "obstacles: on_what_was_unmounted is refused" { refused obstacles on_what_was_unmounted 'ENOENT files/[0-9]+: /file does not lead to it: a mount covers it, or it is in a mount namespace outside'; }
@test "obstacles: mapped_of_what_was_unmounted is refused" { refused obstacles mapped_of_what_was_unmounted 'EOPNOTSUPP mms/[0-9]+: mapping .* of /file: another file is at its path now'; }
@test "obstacles: mounted_over is refused" { refused obstacles mounted_over 'ENOENT files/[0-9]+: .*/m/file does not lead to it: a mount covers it'; }
@test "obstacles: stands_in_what_was_unmounted is refused" { refused obstacles stands_in_what_was_unmounted 'ENOENT tasks/[0-9]+: its cwd / is removed or mounted over: let it go elsewhere'; }
@test "obstacles: cgroup_program is refused" { refused obstacles cgroup_program '^EOPNOTSUPP cgroup: /below: BPF programs are attached to it, which cannot be carried'; }
@test "obstacles: cgroup_link is refused" { refused obstacles cgroup_link '^EOPNOTSUPP files/[0-9]+: anon_inode:bpf_link cannot be carried: unload the BPF program'; }
@test "obstacles: mptcp_fallen_back is refused" { refused obstacles mptcp_fallen_back '^EOPNOTSUPP files/[0-9]+: socket:.*: an MPTCP socket that does not listen'; }
@test "obstacles: perf_in_flight is refused" { refused obstacles perf_in_flight '^EOPNOTSUPP files/[0-9]+: anon_inode:\[perf_event\] cannot be carried: stop measuring first'; }
@test "obstacles: cgroup_pressure is lost by name" { refused obstacles cgroup_pressure '^ENODATA files/[0-9]+: lost: the trigger of .*/below/cpu.pressure \(PSI\)'; }
@test "obstacles: cgroup_devices comes back where somebody says it again" { roundtrip odd/obstacles cgroup_devices; }
@test "obstacles: cgroup_devices is refused where nobody does" {
	work_start odd/obstacles cgroup_devices
	checkpoint "$T/ckpt.tar"
	rmdir "$CG/below"
	cr_mount "$CG" "$T/mnt"
	run tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	cat "$T/mnt/.crfs/error"
	grep -q '^EOPNOTSUPP cgroup: /below: a BPF program said which devices may be used there, and none does here: attach one' "$T/mnt/.crfs/error"
}
