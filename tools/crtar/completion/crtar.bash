# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of crtar(1) for bash. Options are those that each command's --help names.

_crtar_words() {
	"${COMP_WORDS[0]}" "$@" 2> /dev/null
}

# The cgroups below a path that has been begun; /sys/fs/cgroup where there is none yet
_crtar_cgroups() {
	COMPREPLY=($(compgen -d -S / -- "${1:-/sys/fs/cgroup/}"))
	compopt -o nospace
}

_crtar() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "$(_crtar_words --help | awk '/^  [a-z]/ { print $1 }') --help --version" -- "$cur"))
		return
	fi
	[ "$prev" != --options ] || [ "$cmd" != exec-image ] || cmd=restore
	case $prev in
	--cgroup)
		_crtar_cgroups "$cur"
		return ;;
	--from)
		[ "$cmd" = convert ] && COMPREPLY=($(compgen -W criu -- "$cur")) || compopt -o default
		return ;;
	--to)
		COMPREPLY=($(compgen -W 'dir tar cpio zip mtree criu' -- "$cur"))
		return ;;
	--format)
		COMPREPLY=($(compgen -W 'tar cpio zip mtree' -- "$cur"))
		return ;;
	--then)
		COMPREPLY=($(compgen -W 'thaw kill leave' -- "$cur"))
		return ;;
	-o|--options)
		case $cmd in
		core|sign|exec-image|map|report) compopt -o default ;;
		seal) COMPREPLY=($(compgen -W 'digest=xxh64 digest=sha256' -- "$cur")) ;;
		create) COMPREPLY=($(compgen -W 'digest=xxh64 digest=sha256 tcp=refuse tcp=guard lossy' -- "$cur")) ;;
		restore) COMPREPLY=($(compgen -W 'files=same files=strict files=lax lossy' -- "$cur")) ;;
		esac
		return ;;
	-p|--pid)
		[ "$cmd" = core ] && COMPREPLY=($(compgen -W "$(_crtar_words ps "${COMP_WORDS[COMP_CWORD+1]:-/nonexistent}" |
			awk 'NR > 1 { print $1 }')" -- "$cur"))
		return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(_crtar_words "$cmd" --help | sed -n '/^ *-/{s/^ *//; s/  .*//; p}' | grep -oE '(^|[ ,])--?[a-z0-9]+' | tr -d ' ,')" -- "$cur"))
		return
	fi
	if [ "$cmd" = show ] && [ "$COMP_CWORD" -ge 3 ] && [ -e "$prev" ]; then
		COMPREPLY=($(compgen -W "$(_crtar_words ls "$prev" | awk 'NR > 1 && $2 != "dir" { print $3 }')" -- "$cur"))
		return
	fi
	compopt -o default
}
complete -F _crtar crtar
