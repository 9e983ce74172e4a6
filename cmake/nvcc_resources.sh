#!/bin/sh
# SPDX-License-Identifier: MIT
# nvcc_resources.sh nvcc ARGUMENTS...: runs it, and turns what `ptxas -v` says into one line for each kernel,
#   NAME registers N stack N spilled N shared N
# printed and kept beside the object as OBJECT.resources. Shared memory that a launch asks for is not in it.
said=$(mktemp) || exit 1
"$@" 2>"$said"
code=$?
object=
previous=
for argument; do
  [ "$previous" = -o ] && object=$argument
  previous=$argument
done
awk '
  /Compiling entry function/ { split($0, part, "\047"); name = part[2]; stack = spilled = 0 }
  /bytes stack frame/        { stack = $1; spilled = $5 + $9 }
  /Used [0-9]+ registers/    {
    match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5); shared = 0
    if (match($0, /[0-9]+ bytes smem/)) { shared = substr($0, RSTART, RLENGTH); sub(/ .*/, "", shared) }
    print name, "registers", registers, "stack", stack, "spilled", spilled, "shared", shared
  }' "$said" | c++filt -p | sed 's/proctor::cuda:://g; s/(anonymous namespace):://g; s/^void //' >"${object:-/dev/null}.resources"
[ -n "$object" ] && cat "$object.resources"
grep -vE '^ptxas info|^ *[0-9]+ bytes stack frame|^$' "$said" >&2
rm -f "$said"
exit $code
