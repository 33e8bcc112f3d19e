#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Regular files, directories and places in odd states: how they were opened, named, unlinked, shared.
load common

@test "files: append" { roundtrip odd/files append; }
@test "files: async is lost by name" { refused files async 'ENODATA files/[0-9]+: lost: O_ASYNC'; }
@test "files: direct_sync_noatime" { roundtrip odd/files direct_sync_noatime; }
@test "files: tmpfile_linkable" { roundtrip odd/files tmpfile_linkable; }
@test "files: tmpfs_files" { roundtrip odd/files tmpfs_files; }
@test "files: proc_files" { roundtrip odd/files proc_files; }
@test "files: proc_of_others" { roundtrip odd/files proc_of_others; }
@test "files: sysfs_files" { roundtrip odd/files sysfs_files; }
@test "files: cgroup_files" { roundtrip odd/files cgroup_files; }
@test "files: sparse_gigabyte" { roundtrip odd/files sparse_gigabyte; }
@test "files: unlinked_linked" { roundtrip odd/files unlinked_linked; }
@test "files: replaced" { roundtrip odd/files replaced; }
@test "files: unlinked_name_taken" { roundtrip odd/files unlinked_name_taken; }
@test "files: twice_and_dup" { roundtrip odd/files twice_and_dup; }
@test "files: removed_dirs" { roundtrip odd/files removed_dirs; }
@test "files: through_symlink" { roundtrip odd/files through_symlink; }
@test "files: names" { roundtrip odd/files names; }
@test "files: deleted_and_deleted" { roundtrip odd/files deleted_and_deleted; }
@test "files: long_path" { roundtrip odd/files long_path; }
@test "files: too_long_path is refused" { refused files too_long_path 'ENAMETOOLONG|a file whose path is too long'; }
@test "files: mapped_unlinked_open" { roundtrip odd/files mapped_unlinked_open; }
@test "files: rights_gone" { roundtrip odd/files rights_gone; }
@test "files: unlinked_modes" { roundtrip odd/files unlinked_modes; }
@test "files: fallocated" { roundtrip odd/files fallocated; }
@test "files: empty_unlinked" { roundtrip odd/files empty_unlinked; }
@test "files: behind_the_end" { roundtrip odd/files behind_the_end; }
@test "files: truncated_below" { roundtrip odd/files truncated_below; }
@test "files: high_numbers" { roundtrip odd/files high_numbers; }
@test "files: no_standard_ones" { roundtrip odd/files no_standard_ones; }
@test "files: dirs_partly_read" { roundtrip odd/files dirs_partly_read; }
@test "files: opath_kinds" { roundtrip odd/files opath_kinds; }
@test "files: other_name_remains" { roundtrip odd/files other_name_remains; }
@test "files: other_name_elsewhere" { roundtrip odd/files other_name_elsewhere; }
@test "files: renamed" { roundtrip odd/files renamed; }
@test "files: xattr_named" { roundtrip odd/files xattr_named; }
@test "files: devices" { roundtrip odd/files devices; }
@test "files: shared_description" { roundtrip odd/files shared_description; }
@test "files: unlinked_large" { roundtrip odd/files unlinked_large; }
@test "files: owners" { roundtrip odd/files owners; }
@test "files: leased_unlinked is refused" { refused files leased_unlinked 'a lease on an unlinked file'; }
