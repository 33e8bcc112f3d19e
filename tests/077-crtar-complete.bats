#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash completes of a crtar command, and what is installed.
load helpers

# completed WORD...: what bash offers for the last of them
completed() {
	# shellcheck disable=SC2016
	bash -c '. "$1"; compopt() { :; }; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _crtar
		printf "%s\n" "${COMPREPLY[@]}"' _ "$REPO/tools/crtar/completion/crtar.bash" "$BIN/crtar" "$@"
}

@test "commands, options, values, files of a checkpoint" {
	[ "$(completed res)" = restore ]
	[ "$(completed s | sort | tr '\n' ' ')" = "seal show sign sockets " ]
	[ "$(completed create --f | sort -u | tr '\n' ' ')" = "--file --format --freeze --from " ]
	[ "$(completed create --then k)" = kill ]
	[ "$(completed convert --to cp)" = cpio ]
	[ "$(completed convert --from "")" = criu ]
	[ "$(completed restore -o files=l)" = files=lax ]
	[ "$(completed show "$REPO/tests/golden/v1/base" head)" = header ]
	completed create --cgroup "$(cg_root)" | grep -q "^$(cg_root)"
}

@test "zsh reads its own" {
	command -v zsh > /dev/null || skip "no zsh here"
	zsh -n "$REPO/tools/crtar/completion/_crtar"
}

@test "make install and make uninstall" {
	make -s -C "$REPO" install DESTDIR="$T/root" PREFIX=/usr
	"$T/root/usr/bin/crtar" --version
	for f in man/man1/crtar.1 bash-completion/completions/crtar zsh/site-functions/_crtar man/man8/crfs.8; do
		[ -s "$T/root/usr/share/$f" ]
	done
	make -s -C "$REPO" uninstall DESTDIR="$T/root" PREFIX=/usr
	[ -z "$(find "$T/root" -type f)" ]
}
