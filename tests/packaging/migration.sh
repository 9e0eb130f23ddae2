#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# migration.sh ROOT: docs/migration.md says of every option of the predecessors what it is here. The lists are
# the options that their sources declare: zeekjs-misp (scripts/main.zeek), dovehawk 1.02.002
# (config.zeek, scripts/dovehawk_expire.zeek), Threat Bus 2022.05.16 (config.yaml.example, apps/zeek/threatbus.zeek).
set -euo pipefail
missing=0

section() { # FILE HEADING -> its text
  awk -v heading="$2" '/^##/ { on = $0 == heading } on' "$root/docs/$1"
}
names_all() { # WHO TEXT OPTION...
  local option
  for option in "${@:3}"; do
    grep -Eq "[\`.:]${option}[\`. ]" <<<"$2" || {
      echo "docs/migration.md does not say what becomes of $1's $option"
      missing=$((missing + 1))
    }
  done
}

root=$1
sightings=$(section zeek-package.md '## Sightings')
names_all zeekjs-misp "$(section migration.md '## From zeekjs-misp')$sightings" url api_key insecure refresh_interval fixed_events \
  attributes_search_tags attributes_search_event_ids attributes_search_types attributes_search_interval \
  report_sightings max_item_sightings max_item_sightings_interval debug
names_all dovehawk "$(section migration.md '## From dovehawk')" APIKEY MISP_URL SLACK_URL SIG_PREFIX MISP_ATTRIBUTE_URL \
  CURL_INSECURE MAX_HITS MAX_DNS_HITS MAX_SCAN_HITS IGNORE_SNI_MISMATCH SKIP_SIGNATURE_DOWNLOAD CLUSTER_ID \
  per_item_expiration 'redef Intel::item_expiration'
names_all "Threat Bus" "$(section migration.md '## From Threat Bus')" console console_verbosity file file_verbosity filename \
  inmem rabbitmq host port module_namespace key ssl orgs tags types topics poll_interval config zmq cif3 \
  broker_host broker_port report_sightings noisy_intel_threshold log_operations intel_topic sighting_topic \
  management_topic snapshot_intel

[ "$missing" -eq 0 ]
