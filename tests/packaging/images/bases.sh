# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by run.sh: stand-ins for the images of a registry, under their names.

has_image() { in_engine / docker image inspect "$1" >/dev/null 2>&1; }

# make_bases DEBIAN_ROOT: debian:13-slim, whichever Debian it is, and zeek/zeek. Those of the last run are kept, and with
# them the layers on them.
make_bases() {
  has_image debian:13-slim || make_debian_base "$1"
  [ -z "$zeek_prefix" ] || has_image zeek/zeek:8.2.2 || make_zeek_base
}

make_debian_base() {
  local name=debian:13-slim
  [ -z "$ccache" ] || name=debian:plain
  tar -C "$1" -c . | in_engine / docker import - "$name" >/dev/null
  if [ -n "$ccache" ]; then
    printf '%s\n' "FROM $name" "RUN apt-get update && apt-get install -y --no-install-recommends ccache \\" \
      "    && rm -rf /var/lib/apt/lists/*" "ENV PATH=/usr/lib/ccache:$debian_path CCACHE_REMOTE_STORAGE=$ccache" |
      in_engine / docker build -q -t debian:13-slim - >/dev/null
  fi
}
debian_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

make_zeek_base() {
  tar -C "$zeek_prefix" -c . | in_engine / docker import - zeek-prefix:1 >/dev/null
  printf '%s\n' "FROM zeek-prefix:1 AS prefix" "FROM debian:13-slim" \
    "RUN apt-get update && apt-get install -y --no-install-recommends libkrb5-3 libpcap0.8 libssl3 zlib1g libzmq5 \\" \
    "    libmaxminddb0 && rm -rf /var/lib/apt/lists/*" \
    "COPY --from=prefix / $zeek_prefix" \
    "RUN [ $zeek_prefix = /usr/local/zeek ] || ln -s $zeek_prefix /usr/local/zeek" \
    "ENV PATH=/usr/local/zeek/bin:${ccache:+/usr/lib/ccache:}$debian_path" \
    "RUN zeek --version" |
    in_engine / docker build -q -t zeek/zeek:8.2.2 - >/dev/null
}

# make_misp_bases: the images that misp-docker's compose file names; misp-sim is built.
make_misp_bases() {
  local build="$shared/misp-core" name
  mkdir -p "$build"
  cp -r "$here/misp_core/." "$build"
  mkdir -p "$build/theirs/etc"
  cp "$misp_docker/core/files/entrypoint.sh" "$build/theirs/"
  cp -r "$misp_docker/core/files/etc/supervisor" "$build/theirs/etc/"
  rm -f "$build"/theirs/etc/supervisor/conf.d/{40,50}-* "$build"/theirs/etc/supervisor/conf.d/*.kubernetes
  in_engine /srv docker build -q -t ghcr.io/misp/misp-docker/misp-core:latest misp-core
  # For the others: something that answers their health checks.
  printf '%s\n' "FROM debian:13-slim" \
    "RUN apt-get update && apt-get install -y --no-install-recommends socat && rm -rf /var/lib/apt/lists/*" \
    "RUN printf '#!/bin/sh\necho PONG\n' >/usr/bin/valkey-cli && printf '#!/bin/sh\nexit 0\n' >/usr/bin/mysqladmin \\" \
    "    && printf '#!/bin/sh\nexec socat TCP-LISTEN:6666,fork,reuseaddr /dev/null\n' >/usr/bin/valkey-server \\" \
    "    && printf '#!/bin/sh\n[ \"\$1\" = sh ] || exec valkey-server\nexec \"\$@\"\n' >/stand-in \\" \
    "    && chmod +x /usr/bin/valkey-* /usr/bin/mysqladmin /stand-in" \
    "STOPSIGNAL SIGKILL" 'ENTRYPOINT ["/stand-in"]' |
    in_engine / docker build -q -t stand-in:1 -
  while read -r name; do
    in_engine / docker tag stand-in:1 "$name"
  done < <(sed -n 's/^ *image: \${REGISTRY_MIRROR_URL:-}\([^$]*\).*/\1/p; ' "$misp_docker/docker-compose.yml" |
    grep -v misp-core | sed 's/:$/:latest/')
}
