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
