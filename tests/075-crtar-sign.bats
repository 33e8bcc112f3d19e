#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar sign and verify --key: signatures that minisign and openssl verify, and theirs; and no others.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# A checkpoint need not be of a container that lives: a golden tree will do.
sealed() {
	cp -r "$REPO/tests/golden/v1/base" "$T/ckpt"
	chmod -R u+w "$T/ckpt"
	crtar seal -o digest=sha256 "$T/ckpt"
	tar cf "$T/ckpt.tar" -C "$T/ckpt" .
	minisign -G -W -f -p "$T/pub" -s "$T/sec" > /dev/null
	minisign -G -W -f -p "$T/pub2" -s "$T/sec2" > /dev/null
	openssl genpkey -algorithm ed25519 -out "$T/sec.pem"
	openssl pkey -in "$T/sec.pem" -pubout -out "$T/pub.pem"
}

# rejected REGEX ARGS...: by verify
rejected() {
	run crtar verify "${@:2}"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output =~ $1 ]]
}

@test "minisign: each verifies the other's" {
	sealed
	crtar sign --key "$T/sec" "$T/ckpt.tar"
	crtar verify --key "$T/pub" "$T/ckpt.tar"
	crtar verify --key "$T/pub" --signature "$T/ckpt.tar.minisig" - < "$T/ckpt.tar"
	minisign -V -q -p "$T/pub" -x "$T/ckpt.tar.minisig" -m "$T/ckpt/manifest"
	minisign -S -s "$T/sec" -x "$T/their.minisig" -m "$T/ckpt/manifest" -t 'mine'
	crtar verify --key "$T/pub" --signature "$T/their.minisig" "$T/ckpt"
	minisign -S -l -s "$T/sec" -x "$T/old.minisig" -m "$T/ckpt/manifest"
	crtar verify --key "$T/pub" --signature "$T/old.minisig" "$T/ckpt"
}

@test "openssl: each verifies the other's" {
	sealed
	crtar sign --key "$T/sec.pem" "$T/ckpt"
	crtar verify --key "$T/pub.pem" "$T/ckpt"
	openssl pkeyutl -verify -pubin -inkey "$T/pub.pem" -rawin -in "$T/ckpt/manifest" -sigfile "$T/ckpt.sig"
	openssl pkeyutl -sign -inkey "$T/sec.pem" -rawin -in "$T/ckpt/manifest" -out "$T/their.sig"
	crtar verify --key "$T/pub.pem" --signature "$T/their.sig" "$T/ckpt.tar"
}

@test "no signature, another key's, of another manifest, changed; a file changed behind it" {
	sealed
	rejected "ENOENT $T/ckpt.tar.minisig: " --key "$T/pub" "$T/ckpt.tar"
	crtar sign --key "$T/sec" "$T/ckpt.tar"
	rejected "EKEYREJECTED $T/ckpt.tar.minisig: it was made with another key" --key "$T/pub2" "$T/ckpt.tar"
	sed 's/^trusted comment: timestamp:/trusted comment: timestamp:9/' "$T/ckpt.tar.minisig" > "$T/x"
	rejected "EKEYREJECTED $T/x: its trusted comment was changed" --key "$T/pub" --signature "$T/x" "$T/ckpt.tar"
	crtar sign --key "$T/sec.pem" "$T/ckpt.tar"
	cp "$T/ckpt.tar.sig" "$T/bad.sig"
	tail -c +21 "$T/ckpt.tar.sig" | head -c 1 | tr '\000-\377' '\001-\377\000' |
		dd of="$T/bad.sig" bs=1 seek=20 conv=notrunc status=none
	rejected "EKEYREJECTED $T/bad.sig: " --key "$T/pub.pem" --signature "$T/bad.sig" "$T/ckpt.tar"
	: > "$T/empty"
	rejected "EINVAL $T/empty: it is no signature" --key "$T/pub" --signature "$T/empty" "$T/ckpt.tar"
	rejected "EINVAL $T/empty: it is no public" --key "$T/empty" "$T/ckpt.tar"
	# the files are what the manifest says, the manifest is what was signed
	crtar sign --key "$T/sec" "$T/ckpt"
	f=$(cd "$T/ckpt" && echo tasks/*/sched)
	sed -i 's/^nice 0/nice 5/' "$T/ckpt/$f"
	rejected "EBADMSG $f: " --key "$T/pub" "$T/ckpt"
	crtar seal "$T/ckpt"
	rejected "EKEYREJECTED $T/ckpt.minisig: it is not of this manifest" --key "$T/pub" "$T/ckpt"
}

@test "what cannot be signed: XXH64, a damaged checkpoint, a key with a password" {
	sealed
	cp "$T/ckpt/manifest" "$T/manifest"
	crtar seal -o digest=xxh64 "$T/ckpt"
	run crtar sign --key "$T/sec" "$T/ckpt"
	[ "$status" = 1 ]
	[[ $output == *"EINVAL manifest: line 1: a digest that anybody can forge"* ]]
	[ ! -e "$T/ckpt.minisig" ]
	crtar seal -o digest=sha256 "$T/ckpt"
	echo x >> "$T/ckpt/header"
	run crtar sign --key "$T/sec" "$T/ckpt"
	[ "$status" = 1 ]
	[[ $output == *"EBADMSG header: "* ]]
	[ ! -e "$T/ckpt.minisig" ]
	printf 'a\na\n' | minisign -G -f -p "$T/pub3" -s "$T/sec3" > /dev/null
	run crtar sign --key "$T/sec3" "$T/ckpt.tar"
	[ "$status" = 1 ]
	[[ $output == *"ENOKEY $T/sec3: it has a password"* ]]
	run crtar sign --key "$T/pub" "$T/ckpt.tar"
	[ "$status" = 1 ]
}
