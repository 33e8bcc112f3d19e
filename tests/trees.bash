# SPDX-License-Identifier: GPL-2.0-or-later
# Trees beside mounts: compared, edited, and refused. A part of helpers.bash.

# tree_diff A B: empty but for what fixedpoint.exempt names; prints the rest and fails
tree_diff() {
	local line f bad=0
	while read -r line; do
		case $line in
		"Files "*)
			f=${line#Files "$1"/}
			f=${f%% and "$2"/*}
			[[ $f != tasks/*/sigpending ]] || ! ran_out "$1" "$2" "Only in $1/${f%/*}: timers" || continue
			if ! cmp -s <(exempted "$f" < "$1/$f") <(exempted "$f" < "$2/$f"); then
				echo "differs: $f"
				diff -a -u0 --label before --label after <(exempted "$f" < "$1/$f") <(exempted "$f" < "$2/$f") | head -n 20
				bad=1
			fi
			;;
		*)
			ran_out "$1" "$2" "$line" && continue
			echo "$line"
			bad=1
			;;
		esac
	done < <(diff -rq "$1" "$2")
	return $bad
}

# ran_out A B LINE: of diff: the interval timer of a process, all it had, ran out between A and B, by their clocks,
# and its signal waits
ran_out() {
	local t us
	case $3 in
	"Only in $1/"*": timers") t=${3#"Only in $1/"} ;;
	"Only in $2/"*": sigpending") t=${3#"Only in $2/"} ;;
	*) return 1 ;;
	esac
	t=${t%: *}
	[ -e "$1/$t/timers" ] && [ ! -e "$2/$t/timers" ] && [ -e "$2/$t/sigpending" ] || return 1
	us=$((($(sed -n 's/^boottime_ns //p' "$2/header") - $(sed -n 's/^boottime_ns //p' "$1/header")) / 1000))
	awk -v us=$us '$1 == "ITIMER_REAL" && $2 <= us && !$3 { real++; next } NF && !/^(which|id) / { other++ }
		END { exit !(real && !other) }' "$1/$t/timers" &&
		[ "$(grep -c '^SIGALRM 128 ' "$2/$t/sigpending")" = 1 ] &&
		diff -q <(sed 1d "$1/$t/sigpending" 2> /dev/null) <(sed '1d; /^SIGALRM 128 /d' "$2/$t/sigpending") > /dev/null
}

# exempted FILE: a filter that masks the exempt fields of FILE (a path below the tree's root)
exempted() {
	local glob keys=
	local g k
	while read -r g k; do
		case $g in ''|'#'*) continue ;; esac
		glob=$g
		# shellcheck disable=SC2254
		case $1 in $glob) keys+=" $k" ;; esac
	done < "$EXEMPT"
	if [ -z "$keys" ]; then
		cat
		return
	fi
	LC_ALL=C awk -v keys="$keys" '
	BEGIN {
		n = split(keys, k, " ")
		for (i = 1; i <= n; i++)
			if (split(k[i], kv, "=") == 2) val[kv[1]] = "^(" kv[2] ")$"; else ex[k[i]] = 1
		first = 1
	}
	"*" in ex { next }
	/^$/ { first = 1; delete col; print; next }
	first {				# the header of rows names its columns
		first = 0
		for (i = 1; i <= NF; i++) if (("[" $i "]") in ex) col[i] = 1
		for (i in col) { print; next }
	}
	$1 in ex || ($1 in val && $2 ~ val[$1]) { print $1, "EXEMPT"; next }
	{
		for (i in col) $i = "EXEMPT"
		print
	}'
}

# remanifest DIR: the digests of a tree that was edited
remanifest() {
	(cd "$1" && sed 's/^XXH64 (\(.*\)) = .*/\1/' manifest | while IFS= read -r f; do
		[ ! -e "$f" ] || printf '%s\0' "$f"
	done | xargs -0r xxhsum -H64 --tag 2>/dev/null) > "$1/.manifest" || true
	cat "$1/.manifest" > "$1/manifest"
	rm "$1/.manifest"
}

# wrong WHAT REGEX COMMAND...: in $T/base, which COMMAND has changed, into the mount $T/mnt of $CG; nothing is made, and that is why
wrong() {
	rm -rf "$T/tree"
	cp -r "$T/base" "$T/tree"
	(cd "$T/tree" && "${@:3}")
	remanifest "$T/tree"
	find "$T/mnt" -mindepth 1 -delete
	echo "$1"
	run tar xf <(tar cf - -C "$T/tree" .) -C "$T/mnt"
	[ "$status" -ne 0 ]
	cg_empty "$CG"
	grep -qE "$2" "$T/mnt/.crfs/error" || { cat "$T/mnt/.crfs/error"; return 1; }
}
