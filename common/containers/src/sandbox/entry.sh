# The inside of a sandbox. Standard output belongs to Slipway; all that is printed goes to standard error.
# Builtins are used where they do, as each other program would be one more that the image must have.
set -eu
exec 3>&1 1>&2

# What the kernel says of this process, for the comparison with the wanted profile.
while IFS= read -r line; do
  case $line in
    Uid:* | Gid:* | Cap*:* | NoNewPrivs:* | Seccomp:*) printf '%s\n' "$line" >&3 ;;
  esac
done </proc/self/status
for link in /sys/class/net/*; do printf 'Net:\t%s\n' "${link##*/}" >&3; done
printf '\n' >&3

# The tree comes only after that comparison.
tar -xf - -C /
if [ -d /deps/node_modules ] && [ ! -e /work/node_modules ]; then ln -s /deps/node_modules /work/node_modules; fi
printf 'start\n' >&3

# In the foreground: a command that is put into the background would have SIGINT ignored.
cd /work
set +e
"$@" </dev/null 3>&-
code=$?

# What the command left running must not write while the outputs are read; wait for it to be gone.
kill -9 -1 2>/dev/null
looks=0
while set -- /proc/[0-9]* && [ $# -gt 2 ] && [ $looks -lt 100000 ]; do
  kill -9 -1 2>/dev/null
  looks=$((looks + 1))
done
tar -cf - -C /slipway/out . >&3
exit "$code"
