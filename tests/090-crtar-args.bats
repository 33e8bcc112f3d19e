#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar called wrongly, whichever command it is: a sentence, the exit status of crtar.1, and nothing is left.
load helpers
load crtar

# What there is to be named: a checkpoint, an archive of it, a text, nothing, a directory; and a place of one's own
stuff() {
	mkdir -p "$T/here"
	cd "$T/here"
	cp -a "$REPO/tests/golden/v1/base" ckpt
	crtar create --from ckpt -f ckpt.tar
	echo text > text
	: > empty
	mkdir adir
	cg_new args
	list > "$T/before"
}
list() { find "$T/here" -type f -exec md5sum {} + -o -type d -print | sort; ls "$CG"; }
commands() { "$BIN/crtar" --help | awk '/^  [a-z]/ { print $1 }'; }

# says STATUS REGEX WORD...: that, in one sentence on standard error and nothing on standard output
says() {
	local rc=0
	timeout -k 5 20 "$BIN/crtar" "${@:3}" > "$T/out" 2> "$T/err" < /dev/null 3>&- 4>&- || rc=$?
	if [ "$rc" != "$1" ] || [ "$(wc -l < "$T/err")" != 1 ] || [ -s "$T/out" ] || ! grep -qE "^crtar: E[A-Z0-9]+:? [^ ]" "$T/err" ||
	   ! grep -qE -- "$2" "$T/err"; then
		echo "crtar ${*:3}: status $rc"
		cat "$T/err"
		return 1
	fi
	list | diff "$T/before" - || { echo "crtar ${*:3}: left"; return 1; }
}

@test "too few, too many, unknown options, options without their value" {
	stuff
	for c in $(commands); do
		says 2 "^crtar: EINVAL $c: .*: see crtar $c --help" "$c"
		says 2 "$c: --nonsense: no such option" "$c" --nonsense
		says 2 "$c: -Q: no such option" "$c" -Q
		says 2 "$c: " "$c" ckpt ckpt ckpt ckpt --nonsense
		[ "$c" = merge ] || says 2 "$c: " "$c" ckpt ckpt ckpt ckpt
		# of each that takes a value
		"$BIN/crtar" "$c" --help > "$T/help"
		for o in $(grep -oE '^ *(-[a-z], |    )?--[a-z]+ [A-Z]+' "$T/help" | grep -oE -- '(-[a-z]|--[a-z]+)( |,)' | tr -d ' ,'); do
			says 2 "$c: $o: it takes a value" "$c" "$o"
		done
	done
	says 2 "nonsense: no such command" nonsense
	run crtar
	[ "$status" = 2 ]
	[[ $output == "Usage: crtar COMMAND"* ]]
}

@test "values that are none, and options that go against each other" {
	stuff
	for n in 0 x 17 -1 99999999999 ''; do
		says 2 "--threads: a number from 1 to 16" create --from ckpt --threads "$n"
	done
	for n in x -5 1x ''; do
		says 2 "--offset: a number of bytes" restore --cgroup "$CG" -f ckpt.tar --offset "$n"
	done
	for n in x -5 0 1x 99999999999999999999 ''; do says 2 "core: " core -p "$n" ckpt; done
	for z in zstd lz4 xz gzip; do
		for n in x 99 ''; do says 2 "--$z: it has no level $n" create --from ckpt --$z=$n -f x.tar; done
		says 2 "--$z: it has no level 99" convert --$z=99 ckpt x.tar
	done
	says 2 "--format: tar, cpio, zip or mtree" create --from ckpt --format x
	says 2 "--then: thaw, kill or leave" create --cgroup "$CG" --then x
	says 2 "--to x: no such form" convert --to x ckpt x
	says 2 "--from x: " convert --from x ckpt x
	says 2 "it is that" convert --from criu --to criu adir x
	says 2 "--cgroup and --from: " create --cgroup "$CG" --from ckpt
	says 2 "one of them" create --from ckpt --zstd --xz
	says 2 "--index: " create --from ckpt --index --xz
	says 2 "are for --cgroup" create --from ckpt --freeze
	says 2 "are for --cgroup" create --from ckpt --then kill
	says 2 "with --lazy only" restore --cgroup "$CG" -f ckpt --log x
	says 2 "say with --key" verify --signature text ckpt
	says 2 "-o FILE or --json" map -o x --json ckpt
	for o in "create --from ckpt" "restore --cgroup $CG -f ckpt" "seal ckpt"; do
		says 2 "EINVAL -o: nonsense: no such option" $o -o nonsense
	done
	says 2 "digest: md5: no such value" seal -o digest=md5 ckpt
	says 2 "files: it is not for this command" create --from ckpt -o files=lax
	says 2 "digest: it is not for this command" restore --cgroup "$CG" -f ckpt -o digest=sha256
	says 2 "tcp: it is not for this command" exec-image -o x --options tcp=guard ckpt
	says 2 "lossy: it is not for this command" seal -o lossy ckpt
}

# How each command names the checkpoint @1; those that answer 2 where there is no answer
naming() {
	case $1 in
	create) echo "create --from $2 -f x" ;;
	restore) echo "restore --cgroup $CG -f $2" ;;
	sign) echo "sign --key $T/key $2" ;;
	show) echo "show $2 header" ;;
	diff) echo "diff $2 ckpt" ;;
	core) echo "core -p 1 -o x $2" ;;
	convert) echo "convert $2 x" ;;
	merge) echo "merge -f x $2 ckpt" ;;
	exec-image) echo "exec-image -o x $2" ;;
	*) echo "$1 $2" ;;
	esac
}
no() { [ "$1" = diff ] && echo 2 || echo 1; }

@test "what is named is not there, no checkpoint, may not be read, or a terminal" {
	stuff
	openssl genpkey -algorithm ed25519 -out "$T/key" 2> /dev/null
	for c in $(commands); do
		says "$(no "$c")" "ENOENT nofile: open it" $(naming "$c" nofile)
		says "$(no "$c")" "ENOTDIR text/x: open it" $(naming "$c" text/x)
		says "$(no "$c")" "E[A-Z]+ text: " $(naming "$c" text)
		says "$(no "$c")" "E[A-Z]+ empty: " $(naming "$c" empty)
		says "$(no "$c")" "ENOENT adir: there is no checkpoint in it" $(naming "$c" adir)
		[ "$c" = merge ] || says "$(no "$c")" "E[A-Z]+ -: " $(naming "$c" -)
	done
	says 1 "E[A-Z]+ -: it is read more than once" merge -f x - ckpt
	# root may read everything; others may not come to where this tree is
	install -m 755 "$BIN/crtar" "$T/crtar"
	chmod 0 ckpt.tar adir
	list > "$T/before"
	for c in ls verify show diff core convert exec-image; do
		rc=0
		chmod a+rwx "$T/here"
		setpriv --reuid 65534 --clear-groups timeout 20 "$T/crtar" $(naming $c ckpt.tar) > "$T/out" 2> "$T/err" < /dev/null 3>&- 4>&- || rc=$?
		[ "$rc" = "$(no $c)" ]
		grep -qE "^crtar: EACCES ckpt.tar: open it" "$T/err"
		[ ! -e x ]
	done
	setpriv --reuid 65534 --clear-groups timeout 20 "$T/crtar" ls adir 2> "$T/err" < /dev/null 3>&- 4>&- || [ $? = 1 ]
	grep -q "^crtar: EACCES adir: open it: name a directory that you may read" "$T/err"
	list | diff "$T/before" -
	for c in verify ls "restore --cgroup $CG"; do
		[ "${c%% *}" = restore ] || c="$c -"
		run timeout 20 script -qec "$BIN/crtar $c" /dev/null < /dev/null
		echo "$output"
		[ "$status" = 1 ]
		[[ $output == "crtar: EINVAL -: an archive from a terminal: name a file"* ]]
	done
	list | diff "$T/before" -
}

@test "where it shall go is no place" {
	stuff
	for c in "create --from ckpt -f" "convert ckpt" "merge ckpt ckpt -f" "map ckpt -o" "report ckpt -o" "exec-image ckpt -o"; do
		says 1 "EISDIR adir: " $c adir
		says 1 "ENOENT nodir/x: " $c nodir/x
		says 1 "ENOTDIR text/x: " $c text/x
		says 1 "ENOENT" $c ''
	done
	says 1 "EEXIST adir: it exists" convert ckpt adir/
	says 1 "ENOENT nodir/x: " convert ckpt nodir/x/
	says 1 "EISDIR adir: " restore --cgroup "$CG" -f ckpt --lazy --log adir
	for c in "create --cgroup" "restore -f ckpt --cgroup"; do
		says 1 "EINVAL $T/here/adir: not a cgroup" $c adir
		says 1 "ENOTDIR text: " $c text
		says 1 "the root of the hierarchy" $c "$(cg_root)"
	done
	says 1 "ENOENT nofile: find the cgroup" create --cgroup nofile
	says 1 "make the cgroup above it first" restore -f ckpt --cgroup "$CG/a/b"
	for f in nofile text adir; do
		says 1 "E[A-Z]+ $f: " sign --key $f ckpt
		says 1 "E[A-Z]+ $f: " verify --key $f ckpt
		says 1 "E[A-Z]+ $f: " create --from ckpt --since $f -f x
	done
}

@test "standard output is full, has no reader, or is none" {
	stuff
	t=$(ls ckpt/tasks | head -n 1)
	for c in "ls ckpt" "ps ckpt" "fds ckpt" "maps ckpt" "mem ckpt" "sockets ckpt" "show ckpt header" "show ckpt tasks/$t/xstate" "graph ckpt" \
		 "map ckpt" "map --json ckpt" "report ckpt" "diff ckpt $REPO/tests/golden/v1/fd-epoll" "verify ckpt" "verify --json ckpt" \
		 "core -p $t -o - ckpt" "create --from ckpt" "create --from ckpt --zstd" "convert ckpt -" "merge ckpt ckpt" "--help" \
		 "ls --help" "--version"; do
		want=1
		[ "${c%% *}" != diff ] || want=2
		for how in ENOSPC EPIPE EBADF; do
			rc=0
			case $how in
			ENOSPC) timeout 20 "$BIN/crtar" $c > /dev/full 2> "$T/err" 3>&- 4>&- || rc=$? ;;
			EPIPE) timeout 20 python3 -c 'import os, sys
r, w = os.pipe()
os.close(r)
os.dup2(w, 1)
os.execv(sys.argv[1], sys.argv[1:])' "$BIN/crtar" $c 2> "$T/err" 3>&- 4>&- || rc=$? ;;
			EBADF) timeout 20 "$BIN/crtar" $c 2> "$T/err" >&- 3>&- 4>&- || rc=$? ;;
			esac
			echo "crtar $c: $how: status $rc: $(cat "$T/err")"
			[ "$rc" = $want ]
			[ "$(wc -l < "$T/err")" = 1 ]
			grep -qE "^crtar: $how (-|standard output): " "$T/err"
		done
	done
	list | diff "$T/before" -
	rc=0
	timeout 20 "$BIN/crtar" verify - <&- 2> "$T/err" 3>&- 4>&- || rc=$?
	[ "$rc" = 1 ]
	grep -q "^crtar: E[A-Z]* -: " "$T/err"
}

@test "nobody is frozen for a level that there is not" {
	work_start base
	not strace -f -e trace=write -s 1 -o "$T/trace" "$BIN/crtar" create --cgroup "$CG" --freeze --zstd=99 -f x.tar 2> "$T/err" 3>&- 4>&-
	grep -qx 'crtar: EINVAL create: --zstd: it has no level 99: see crtar create --help' "$T/err"
	not grep -E 'write\([0-9]+, "1"' "$T/trace"
	work_verify
}

# section COMMAND: what crtar.1 says of it, its synopsis too
section() {
	local man=$REPO/Documentation/man/crtar.1
	awk -v c="$1" '/^\.Nm$/ { use = 0 } /^\.Cm / { if ($0 ~ "(^| )" c "( |$)") use = 1 } /^\.Sh DESC/ { exit } use' "$man"
	awk -v c="$1" '/^\.S[hs] / { use = $0 ~ "^[.]Ss (.*, )?" c "(,.*)?$" } use' "$man"
}
flags() { grep -oE 'Fl -?[a-z0-9]+( Ns Oo|$|[ ,])?' | sed -E 's/Fl (-?[a-z0-9]+).*/-\1/' | sort -u; }

@test "crtar.1 and --help name the same options of each command" {
	local c
	for c in $(commands); do
		"$BIN/crtar" "$c" --help | grep -oE -- '(^| )--?[a-z][a-z0-9]*' | tr -d ' ' | grep -vxE -- '-h|--help' | sort -u > "$T/help"
		section "$c" | flags > "$T/man"
		echo "$c: $(tr '\n' ' ' < "$T/help"), crtar.1: $(tr '\n' ' ' < "$T/man")"
		[ -z "$(comm -23 "$T/help" "$T/man")" ]
	done
}
