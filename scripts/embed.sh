#!/bin/sh
# Turns files into an assembler source that holds them as they are, for the C compiler to assemble:
#
#   embed.sh OUT.S SYMBOL=FILE…
#       const char SYMBOL[];        the file, with a NUL after it
#       const size_t SYMBOL_len;    its length without the NUL
#
#   embed.sh -t TABLE OUT.S FILE…
#       const struct { const char *name, *text; } TABLE[];    in the order given; the name without its folder
#       const size_t TABLE_len;                               how many
#
# The files are read when OUT.S is assembled, in the folder that it is assembled in: a Makefile has to name
# them as what the object depends on. Both forms are for 64-bit ELF.
set -eu

usage() {
	sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# label, file: its bytes and a NUL
bytes() {
	[ -r "$2" ] || { echo "embed.sh: cannot read $2" >&2; exit 1; }
	case $2 in *[\"\\]*) echo "embed.sh: a quote or backslash in the name $2" >&2; exit 1 ;; esac
	printf '%s:\n\t.incbin "%s"\n.L%s_end:\n\t.byte 0\n' "$1" "$2" "$1"
}

# symbol: makes it global, an object on an 8-byte boundary
symbol() {
	case $1 in '' | [0-9]* | *[!A-Za-z0-9_]*) echo "embed.sh: $1 is no C name" >&2; exit 1 ;; esac
	printf '\t.balign 8\n\t.global %s\n\t.type %s, %%object\n' "$1" "$1"
}

files() {
	printf '\t.section .rodata\n'
	for pair; do
		case $pair in *=*) ;; *) usage ;; esac
		symbol "${pair%%=*}"
		bytes "${pair%%=*}" "${pair#*=}"
		symbol "${pair%%=*}_len"
		printf '%s_len:\n\t.quad .L%s_end - %s\n' "${pair%%=*}" "${pair%%=*}" "${pair%%=*}"
	done
}

table() {
	name=$1
	shift
	printf '\t.section .rodata\n'
	n=0
	for file; do
		bytes ".L${name}_$n" "$file"
		printf '.L%s_name_%d:\n\t.asciz "%s"\n' "$name" $n "${file##*/}"
		n=$((n + 1))
	done
	symbol "${name}_len"
	printf '%s_len:\n\t.quad %d\n\t.section .data.rel.ro, "aw"\n' "$name" $n
	symbol "$name"
	printf '%s:\n' "$name"
	i=0
	while [ $i -lt $n ]; do
		printf '\t.quad .L%s_name_%d, .L%s_%d\n' "$name" $i "$name" $i
		i=$((i + 1))
	done
}

what=files
if [ "${1-}" = -t ]; then
	[ $# -ge 4 ] || usage
	what="table $2"
	shift 2
fi
[ $# -ge 2 ] || usage
out=$1
shift
{
	printf '#ifdef __CET__\n#include <cet.h>\n#endif\n'
	$what "$@"
	printf '\t.section .note.GNU-stack, "", %%progbits\n'
} >"$out.new"
mv "$out.new" "$out"
