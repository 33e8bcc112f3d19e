#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Documentation/keeping.txt: what is typed there keeps hours of a container, and brings each of them back.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# hours: h0.tar, h1.tar, h2.tar of a program that says which hour it is; $CG is empty then
hours() {
	cg_new keep
	start_in "$CG" python3 -c 'import os, signal
big = bytearray(os.urandom(8 << 20))
n = 0
def more(*a):
    global n
    n += 1
    big[n * 100000:n * 100000 + 5] = b"hello"
    open("out", "w").write("%d" % n)
signal.signal(signal.SIGUSR1, more)
open("out", "w").write("0")
while True:
    signal.pause()'
	wait_for test -s "$T/work/out"
	for h in 0 1 2; do
		freeze "$CG"
		crtar create --cgroup "$CG" -f "$T/h$h.tar"
		thaw "$CG"
		kill -USR1 "$PID"
		wait_for grep -qx $((h + 1)) "$T/work/out"
	done
	kill_all "$CG"
}

# is_hour N: what was restored into $CG is that of hour N; it is killed
is_hour() {
	thaw "$CG"
	kill -USR1 "$PID"
	wait_for grep -qx $(($1 + 1)) "$T/work/out"
	kill_all "$CG"
	rm "$T/work/out"
}

@test "borg" {
	command -v borg > /dev/null || skip "no borg here"
	export BORG_BASE_DIR=$T/borghome BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
	hours
	timeout 60 borg init -e none "$T/borg" 3>&- 4>&-
	for h in 0 1 2; do
		timeout 60 borg create -C zstd --chunker-params buzhash,10,18,14,4095 --stdin-name h.tar "$T/borg::$h" - \
			< "$T/h$h.tar" 3>&- 4>&-
	done
	# three hours are not much more than one
	[ "$(du -sb "$T/borg" | cut -f 1)" -lt $(($(stat -c %s "$T/h0.tar") * 3 / 2)) ]
	timeout 60 borg extract --stdout "$T/borg::1" 3>&- 4>&- | crtar restore --cgroup "$CG"
	is_hour 1
}

@test "restic" {
	command -v restic > /dev/null || skip "no restic here"
	export RESTIC_PASSWORD=x RESTIC_CACHE_DIR=$T/cache
	hours
	timeout 60 restic -q -r "$T/restic" init 3>&- 4>&-
	for h in 0 1 2; do
		timeout 60 restic -q -r "$T/restic" backup --stdin --stdin-filename h.tar --tag $h < "$T/h$h.tar" 3>&- 4>&-
	done
	timeout 60 restic -q -r "$T/restic" dump --tag 2 latest h.tar 3>&- 4>&- | crtar restore --cgroup "$CG"
	is_hour 2
}

@test "casync" {
	command -v casync > /dev/null || skip "no casync here"
	hours
	for h in 0 1 2; do
		crtar convert "$T/h$h.tar" "$T/tree/"
		timeout 60 casync make --without=all --store="$T/store.castr" "$T/$h.caidx" "$T/tree" 3>&- 4>&-
		chmod -R u+w "$T/tree"
		rm -r "$T/tree"
	done
	timeout 60 casync extract --store="$T/store.castr" "$T/0.caidx" "$T/back" 3>&- 4>&-
	crtar verify "$T/back"
	crtar restore -f "$T/back" --cgroup "$CG"
	is_hour 0
}

@test "git has the text, and says what changed" {
	command -v git > /dev/null || skip "no git here"
	export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x HOME=$T
	work_start base
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/13.tar"
	renice -n 5 -p "$PID" > /dev/null
	thaw "$CG"
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/14.tar"
	git init -q "$T/text"
	cd "$T/text"
	printf 'pages/\ndata\nxstate\n' > .gitignore
	hour() {
		git rm -rq --cached --ignore-unmatch .
		ls -A | grep -vxE '\.git(ignore)?' | xargs -r sh -c 'chmod -R u+w "$@"; rm -r "$@"' _
		tar xf "$1" --exclude=pages --exclude=data --exclude=xstate
		git add -A
		git commit -qm "$2"
	}
	hour "$T/13.tar" 13:00
	hour "$T/14.tar" 14:00
	[ "$(git log --oneline | wc -l)" = 2 ]
	[ -z "$(git ls-files | grep -E 'pages/|xstate')" ]
	git log -1 -p --format=%s -U0 -- "tasks/$PID/sched" | grep -qx '+nice 5'
	git log -1 -p --format=%s -U0 -- "tasks/$PID/sched" | grep -qx -- '-nice 0'
}
