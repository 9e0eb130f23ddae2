#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# monitoring.sh ROOT: the alert rules pass promtool's check and their tests, every expression of the
# dashboard is PromQL, and both name only metrics that the service has.
set -euo pipefail
root=$(realpath "$1")
monitoring="$root/service/packaging/monitoring"
golden="$root/tests/unit/app/telemetry/metrics.golden"
faults=0

# Histograms are served as _bucket, _sum and _count.
known=$(awk '!/^#/ { print $1 } $2 == "histogram" { print $1 "_bucket"; print $1 "_sum"; print $1 "_count" }' \
  "$golden")
used=$(grep -ohE 'misp_zeek_[a-z_]+' "$monitoring"/* "$root/tests/packaging/monitoring_rules_test.yaml" | sort -u)
[ "$(wc -l <<<"$used")" -gt 20 ]
while read -r name; do
  grep -qxF "$name" <<<"$known" || {
    echo "no such metric: $name"
    faults=$((faults + 1))
  }
done <<<"$used"

for tool in promtool python3; do
  command -v "$tool" >/dev/null || {
    [ "$faults" -eq 0 ] || exit 1
    echo "skipped: no $tool on this machine"
    exit 77
  }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$monitoring/misp-zeek.rules.yaml" "$folder"
cp "$root/tests/packaging/monitoring_rules_test.yaml" "$root/docker/monitoring/prometheus.yml" "$folder"
cd "$folder"
promtool check rules misp-zeek.rules.yaml
promtool check config prometheus.yml
promtool test rules monitoring_rules_test.yaml

# promtool reads no dashboard, so its expressions become rules. Variables get a value as Grafana does.
python3 - "$monitoring/grafana-dashboard.json" >dashboard.rules.yaml <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    dashboard = json.load(file)
expressions = [
    target["expr"]
    for panel in dashboard["panels"]
    for target in panel.get("targets", [])
]
assert len(expressions) > 20, expressions
ids = [panel["id"] for panel in dashboard["panels"]]
assert len(ids) == len(set(ids)), "panels share an id"
print("groups:\n- name: dashboard\n  rules:")
for number, expression in enumerate(expressions):
    for name, value in (("$__rate_interval", "5m"), ("$instance", ".*"), ("$zeek", ".*")):
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    print(f"  - record: panel:{number}\n    expr: {json.dumps(expression)}")
PYTHON
promtool check rules dashboard.rules.yaml

[ "$faults" -eq 0 ]
