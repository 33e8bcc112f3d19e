#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Umask, working directory and root, of two processes that differ; names with blanks.
load ../../helpers

@test "task/fs comes back" {
	roundtrip task/fs
}
