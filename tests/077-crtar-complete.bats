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
	# every command; and of each all of the options that its help names, and no others
	[ "$(completed "" | grep -v ^- | sort)" = "$(crtar_commands | sort)" ]
	for c in $(crtar_commands); do
		[ "$(completed "$c" -- | sort -u)" = "$(options_of "$c")" ]
		for o in $(completed "$c" -); do
			run "$BIN/crtar" "$c" "$o"
			[[ $output != *"no such option"* ]]
		done
	done
	[ "$(completed exec-image --options files=l)" = files=lax ]
}

# offered LINE: what a zsh that somebody types in offers at the end of it
offered() {
	rm -f "$T/offered"
	cat > "$T/driver" <<-'EOF'
	zmodload zsh/zpty
	zpty z zsh -f -i
	say() { zpty -w z "$1"; }
	said() { local i; for ((i = 0; i < 200; i++)); do grep -qsx "$1" "$2" && return; sleep 0.05; done; exit 1; }
	say "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' complete-word"
	say "compadd() { [[ \"\$*\" == *-[OAD]\ * ]] || { local -a h; builtin compadd -A h \"\$@\"; print -rl -- \$h >> $3; }; builtin compadd \"\$@\"; }"
	say "finish() { print END >> $3; comppostfuncs=(finish); }; comppostfuncs=(finish); print BEGIN >> $3"
	said BEGIN $3
	zpty -w -n z "$2"$'\t'
	said END $3
	zpty -d z
	EOF
	PATH=$BIN:$PATH timeout 30 zsh -f "$T/driver" "$REPO/tools/crtar/completion" "$1" "$T/offered" 3>&- 4>&-
	sed '/^BEGIN$/d; /^END$/d' "$T/offered" | sort -u | tr '\n' ' '
}

@test "zsh offers the same" {
	command -v zsh > /dev/null || skip "no zsh here"
	[ "$(offered 'crtar s')" = "seal show sign sockets " ]
	[ "$(offered 'crtar create --f')" = "--file --format --freeze --from " ]
	[ "$(offered 'crtar create --then ')" = "kill leave thaw " ]
	[ "$(offered 'crtar create --then k')" = "kill " ]
	[ "$(offered 'crtar convert --to cp')" = "cpio " ]
	[ "$(offered 'crtar restore -o files=l')" = "files=lax " ]
	[ "$(offered 'crtar restore --cgroup x --la')" = "--lazy " ]
	[ "$(offered "crtar show $REPO/tests/golden/v1/base hea")" = "header " ]
	cd "$T"
	mkdir only
	: > only/one.tar
	[ "$(offered "crtar ls $T/only/")" = "one.tar " ]
	cg_new offered
	offered "crtar restore --cgroup $(cg_root)/" | grep -q "crfs-test-$CRFS_TEST_ID-offered"
	# of every command all of the options that its help names, and no others
	for c in $(crtar_commands); do
		[ "$(offered "crtar $c --")" = "$(options_of "$c" | tr '\n' ' ')" ]
	done
}

# what stands before what it says of them
options_of() {
	"$BIN/crtar" "$1" --help | sed -n '/^ *-/{s/^ *//; s/  .*//; p}' | grep -oE -- '--[a-z0-9]+' | sort -u
}
crtar_commands() { "$BIN/crtar" --help | awk '/^  [a-z]/ { print $1 }'; }

@test "make install and make uninstall" {
	make -s -C "$REPO" install DESTDIR="$T/root" PREFIX=/usr
	"$T/root/usr/bin/crtar" --version
	for f in man/man1/crtar.1 bash-completion/completions/crtar zsh/site-functions/_crtar man/man8/crfs.8; do
		[ -s "$T/root/usr/share/$f" ]
	done
	make -s -C "$REPO" uninstall DESTDIR="$T/root" PREFIX=/usr
	[ -z "$(find "$T/root" -type f)" ]
}
