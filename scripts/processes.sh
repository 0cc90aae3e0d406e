# Sourced by fast-start.sh and force-stop.sh: processes by their recorded ids.
#
# .run/pids holds a line "NAME PID STAMP" for each process. The stamp tells a process from a later
# one that was given the same number.
# shellcheck shell=bash

pids=.run/pids

# When the process was started: the boot, and the tick in it (field 22 of /proc/PID/stat, counted
# behind the name, which may hold spaces). Without /proc all are alike.
stamp_of() {
  local stat boot
  if [ ! -d /proc/self ]; then
    kill -0 "$1" 2>/dev/null && echo -
    return
  fi
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  { boot=$(</proc/sys/kernel/random/boot_id); } 2>/dev/null || boot=-
  read -ra stat <<<"${stat##*) }"
  [ "${stat[0]}" != Z ] || return 1
  echo "$boot/${stat[19]}"
}

record() {  # NAME PID
  echo "$1 $2 $(stamp_of "$2" || echo gone)" >>"$pids"
}

runs() {  # PID STAMP
  [ -n "$1" ] && [ "$(stamp_of "$1")" = "$2" ]
}

wait_gone() {  # SECONDS PID STAMP
  local deadline=$((SECONDS + $1))
  while runs "$2" "$3"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

# Ends the processes recorded under a name, and only these: SIGTERM, and SIGKILL to those that are
# still there so many seconds later.
end_recorded() {  # SECONDS NAME
  local lines ended=() line pid stamp
  mapfile -t lines <<<"$(sed -n "s/^$2 //p" "$pids" 2>/dev/null)"
  for line in "${lines[@]}"; do
    read -r pid stamp <<<"$line"
    ! runs "$pid" "$stamp" || ! kill -TERM "$pid" 2>/dev/null || ended+=("$line")
  done
  for line in "${ended[@]}"; do
    read -r pid stamp <<<"$line"
    wait_gone "$1" "$pid" "$stamp" || kill -KILL "$pid" 2>/dev/null || true
    echo "stopped $2 (pid $pid)"
  done
}
