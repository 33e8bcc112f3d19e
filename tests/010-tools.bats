#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Any tool carries a checkpoint: GNU tar, bsdtar, cpio, cp, rsync; to files, and from mount to mount.
load helpers

# through WORKLOAD SAVE LOAD: checkpoint with SAVE FROM TO, kill, restore with LOAD FROM TO
through() {
	work_start "$1"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	timeout -k 5 120 bash -c "set -euo pipefail; $2" save "$T/mnt" "$T/saved"
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt"
	timeout -k 5 120 bash -c "set -euo pipefail; $3" load "$T/saved" "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	thaw "$CG"
	work_verify
}

@test "GNU tar, defaults" {
	through base 'tar cf "$2" -C "$1" .' 'tar xf "$1" -C "$2"'
}

@test "GNU tar of the mount point by its path, extracted from the root" {
	through base 'tar cf "$2" "$1" 2>/dev/null' 'tar xf "$1" -C /'
}

@test "GNU tar with directories in front of the checkpoint" {
	through base 'tar cf "$2" --transform "s|^\.|some/where/deep|" -C "$1" .' 'tar xf "$1" -C "$2"'
}

@test "GNU tar -S" {
	through mm/pages 'tar cSf "$2" -C "$1" .' 'tar xSf "$1" -C "$2"'
}

@test "GNU tar --sort=name" {
	through base 'tar cf "$2" --sort=name -C "$1" .' 'tar xf "$1" -C "$2"'
}

@test "GNU tar, compressed" {
	through base 'tar czf "$2" -C "$1" .' 'tar xzf "$1" -C "$2"'
}

@test "bsdtar" {
	through mm/pages 'bsdtar -cf "$2" -C "$1" .' 'bsdtar -xf "$1" -C "$2"'
}

@test "cpio" {
	through base '(cd "$1" && find . | cpio -o -H newc --quiet) > "$2"' \
		'cd "$2" && cpio -idm --quiet < "$1"'
}

@test "cpio, directories last" {
	through base '(cd "$1" && find . -depth | cpio -o -H newc --quiet) > "$2"' \
		'cd "$2" && cpio -idm --quiet < "$1"'
}

@test "cp -a" {
	through mm/pages 'cp -a "$1" "$2"' 'cp -a "$1/." "$2"'
}

@test "cp -r, all files in parallel and in no order" {
	through base 'cp -r "$1" "$2"' \
		'cd "$1"; find . -mindepth 1 -type d | xargs -I{} mkdir "$2/{}"
		 find . -type f | sort -R | xargs -P 4 -I{} cp {} "$2/{}" 2>/dev/null || true'
}

@test "rsync -a" {
	through mm/pages 'rsync -a "$1/" "$2/"' 'rsync -a "$1/" "$2/"'
}

@test "rsync -a --inplace" {
	through base 'rsync -a --inplace "$1/" "$2/"' 'rsync -a --inplace "$1/" "$2/"'
}

@test "rsync -az, with deltas" {
	through base 'rsync -az "$1/" "$2/"' \
		'rsync -az --no-whole-file "$1/" "$2/"'
}

@test "rsync -a --delay-updates" {
	through base 'rsync -a "$1/" "$2/"' 'rsync -a --delay-updates "$1/" "$2/"'
}

@test "rsync -aHAXSW --delete --checksum" {
	through mm/pages 'rsync -aHAXSW "$1/" "$2/"' 'rsync -aHAXSW --delete --checksum "$1/" "$2/"'
}

@test "tar in its other formats, from above and absolute" {
	through base 'tar --posix -cPf "$2" "$1"' 'tar xPf "$1"'
	rm -f "$T/go"
	through mm/pages 'tar --format=ustar -cf "$2" -C "$(dirname "$1")" mnt' 'tar xf "$1" -C "$(dirname "$2")"'
}

@test "mv of the whole directory" {
	through mm/pages 'cp -a "$1" "$2"' 'mv "$1" "$2/"'
}

@test "python: shutil.copytree" {
	through mm/pages 'python3 -c "import shutil, sys; shutil.copytree(*sys.argv[1:])" "$1" "$2"' \
		'python3 -c "import shutil, sys; shutil.copytree(*sys.argv[1:], dirs_exist_ok=True)" "$1" "$2"'
}

@test "files in halves, under other names, last first" {
	through mm/pages 'cp -a "$1" "$2"' \
		'cd "$1"; find . -mindepth 1 -type d -exec mkdir -p "$2/{}" \;
		 find . -type f | sort -r | while read -r f; do
			s=$(($(stat -c %s "$f") / 2))
			head -c $s "$f" > "$2/$f.part"; tail -c +$((s + 1)) "$f" >> "$2/$f.part"; mv "$2/$f.part" "$2/$f"
		 done'
}

@test "rsync -a twice: the second checkpoint sends only what changed" {
	work_start mm/pages
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	rsync -a "$T/mnt/" "$T/saved/"
	thaw "$CG"
	sleep 0.1
	freeze "$CG"
	rsync -a --stats "$T/mnt/" "$T/saved/" > "$T/stats"
	cat "$T/stats"
	cr_umount "$T/mnt"
	kill_all "$CG"
	cr_mount "$CG" "$T/mnt"
	rsync -a "$T/saved/" "$T/mnt/"
	thaw "$CG"
	work_verify
}

# From mount to mount the original lives on, so the container needs pids of its own.
across() {
	local from
	STARTER=start_ns_in work_start ns/pid
	from=$CG
	freeze "$from"
	cr_mount "$from" "$T/a"
	no_unsupported "$T/a"
	cg_new copy
	echo 1 > "$CG/cgroup.freeze"
	cr_mount "$CG" "$T/b"
	timeout -k 5 120 bash -c "set -euo pipefail; $1" copy "$T/a" "$T/b"
	[ "$(crfs_state "$T/b")" = frozen ]
	[ "$(cg_pids "$from" | wc -l)" = "$(cg_pids "$CG" | wc -l)" ]
	thaw "$CG"
	work_verify
	! cg_empty "$from"
}

@test "rsync -a from mount to mount" { across 'rsync -a "$1/" "$2/"'; }
@test "cp -a from mount to mount" { across 'cp -a "$1/." "$2"'; }
@test "tar to tar from mount to mount" { across 'tar cf - -C "$1" . | tar xf - -C "$2"'; }

@test "what a tool reads is what the manifest says" {
	work_start mm/pages
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cp -a "$T/mnt" "$T/saved"
	(cd "$T/saved" && xxhsum -q -c manifest)
	(cd "$T/mnt" && xxhsum -q -c manifest)
	# Every file is named, and nothing else.
	diff <(cd "$T/saved" && find . -type f ! -name manifest -printf '%P\n' | LC_ALL=C sort) \
		<(sed 's/^XXH64 (\(.*\)) = .*/\1/' "$T/saved/manifest" | LC_ALL=C sort)
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" digest=sha256
	(cd "$T/mnt" && sha256sum --quiet -c manifest)
}

@test "sizes are exact and blocks are set before the first read" {
	work_start mm/pages
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	find "$T/mnt" -type f -printf '%P %s\n' | LC_ALL=C sort > "$T/stat"
	find "$T/mnt" -type f -size +0 -printf '%b\n' > "$T/blocks"
	not grep -qx 0 "$T/blocks"
	cp -a "$T/mnt" "$T/saved"
	find "$T/saved" -type f -printf '%P %s\n' | LC_ALL=C sort | diff "$T/stat" -
	# All bytes are those of the second copy, too: the same state is the same text.
	tar cf "$T/a.tar" -C "$T/mnt" .
	tar cf "$T/b.tar" -C "$T/mnt" .
	cmp "$T/a.tar" "$T/b.tar"
}

@test "a manifest that comes before the last directory is no error" {
	STARTER=start_ns_in through ns/uts 'cp -a "$1" "$2"' 'cd "$1"
		cp -a header cgroup unsupported tasks mms files inodes manifest ns "$2/"'
}
