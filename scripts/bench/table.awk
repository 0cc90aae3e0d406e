# The Markdown table of one request shape, and whether the target is met.
#
# Reads samples, a line "SHAPE METRIC ROUND CONTENDER VALUE" each. Variables: shape, names (of the
# contenders, the first is compared to each other one), target (the highest ratio to any nginx),
# judged (the metrics that the target is for).

function metric(name, label, format, scale) {
  metrics[++metric_count] = name
  labels[name] = label
  formats[name] = format
  scales[name] = scale
}

function sort(list, n,    i, j, x) {
  for (i = 2; i <= n; i++) {
    x = list[i]
    for (j = i - 1; j > 0 && list[j] > x; j--) list[j + 1] = list[j]
    list[j + 1] = x
  }
}

# Sorts the list.
function median(list, n) {
  sort(list, n)
  return (list[int((n + 1) / 2)] + list[int((n + 2) / 2)]) / 2
}

BEGIN {
  count = split(names, contender, " ")
  metric("instructions", "instructions a request", "%.0f", 1)
  metric("instructions_user", "... in user mode", "%.0f", 1)
  metric("instructions_kernel", "... in the kernel", "%.0f", 1)
  metric("valgrind", "user instructions a request (callgrind)", "%.0f", 1)
  metric("cpu", "microseconds on the CPU a request", "%.2f", 0.001)
  metric("user_time", "... in user mode", "%.2f", 0.001)
  metric("system_time", "... in the kernel", "%.2f", 0.001)
  metric("system_calls", "system calls a request", "%.2f", 1)
  metric("throughput", "requests a second", "%.0f", 1)
}

$1 == shape { value[$2, $4, ++rounds[$2, $4]] = $5 }

END {
  head = "| |"
  line = "|---|"
  for (c = 1; c <= count; c++) {
    head = head " " contender[c] " |"
    line = line "---:|"
  }
  for (c = 2; c <= count; c++) {
    nginx += contender[c] ~ /^nginx/
    head = head " " contender[1] " / " contender[c] " |"
    line = line "---:|"
  }
  print head "\n" line

  for (m = 1; m <= metric_count; m++) {
    name = metrics[m]
    n = rounds[name, contender[1]]
    if (!n) continue
    row = "| " labels[name] " |"
    for (c = 1; c <= count; c++) {
      for (r = 1; r <= n; r++) list[r] = value[name, contender[c], r]
      row = row sprintf(" " formats[name] " |", median(list, n) * scales[name])
    }
    for (c = 2; c <= count; c++) {
      for (r = 1; r <= n; r++) {
        list[r] = value[name, contender[1], r] / value[name, contender[c], r]
      }
      ratio = median(list, n)
      row = row sprintf(" %.2f", ratio)
      quarter = int((n + 3) / 4)
      if (n > 3) row = row sprintf(" (%.2f to %.2f)", list[quarter], list[n + 1 - quarter])
      row = row " |"
      if (contender[c] !~ /^nginx/ || !index(" " judged " ", " " name " ")) continue
      measured++
      if (ratio > worst) {
        worst = ratio
        where = labels[name] ", beside " contender[c]
      }
    }
    print row
  }
  if (!measured || measured != split(judged, ignored, " ") * nginx) {
    print "\n**Not measured**: " judged
    exit 1
  }
  printf "\n%s: the highest ratio that counts is %.2f (%s), the target is at most %.2f.\n",
    worst <= target ? "**Pass**" : "**Fail**", worst, where, target
}
