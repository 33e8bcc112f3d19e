# SPDX-License-Identifier: GPL-2.0-or-later
# A good tree with an extent of two pages at the end of a mapping, for those that make a bad one of it.

# extent_over ROW: it goes on into mapping ROW, "PROT KIND FLAGS PKEY PAGE OFFSET INODE PATH", or into nothing
extent_over() {
	local start end next at f
	# The first mapping of the task's own memory that has nothing behind it.
	while read -r start end next; do
		[ "$end" = "$next" ] || break
	done < <(awk '!NF { exit } e && k == "anon" { print s, e, $1 } { s = $1; e = $2; k = $4 }' mms/1/maps)
	for f in mms/1/pages/*; do
		at=0x${f##*/}
		if ((at >= start && at < end)); then
			rm "$f"
			sed -i "\\|($f)|d" manifest
		fi
	done
	at=$(printf %x $((end - 4096)))
	head -c 8192 /dev/zero > "mms/1/pages/$at"
	sed -i "1s|^|XXH64 (mms/1/pages/$at) = 0000000000000000\n|" manifest
	[ -z "${1:-}" ] || sed -i "/^$start /a $(printf '0x%x 0x%x' "$end" $((end + 4096))) $1" mms/1/maps
}
