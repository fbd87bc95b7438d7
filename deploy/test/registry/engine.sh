# Sourced by compose-test. Installs a Docker engine, Compose and the programs of the images from Debian
# and Go packages. Everything but the Debian packages of the engine is kept in $cache.

install_programs() {
  export DEBIAN_FRONTEND=noninteractive
  local needed=(docker.io containerd iptables debootstrap curl jq)
  if ! dpkg -s "${needed[@]}" >/dev/null 2>&1; then
    apt-get -qq update
    # In single-user mode the packages start no service.
    RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "${needed[@]}" >/dev/null
  fi
  install_compose
  install_minio
  if [ ! -x "$cache/bin/otelcol" ]; then
    (cd "$cache" && CGO_ENABLED=0 go run go.opentelemetry.io/collector/cmd/builder@v0.139.0 \
      --config "$project/deploy/test/registry/collector-builder.yaml" && mv otelcol/otelcol bin/)
  fi
}

# Takes Compose 2 and buildx from the next Debian release, without installing them in the system.
install_compose() {
  export DOCKER_CONFIG="$cache/docker-config"
  mkdir -p "$DOCKER_CONFIG"
  printf '{"cliPluginsExtraDirs": ["%s"]}\n' "$cache/compose/usr/libexec/docker/cli-plugins" >"$DOCKER_CONFIG/config.json"
  if [ ! -x "$cache/compose/usr/libexec/docker/cli-plugins/docker-compose" ]; then
    unpack_from_next_release "$cache/compose" docker-compose docker-buildx
  fi
  # Checks that the plugin is found.
  docker compose version --short
}

start_engine() {
  export DOCKER_HOST="unix://$cache/docker.sock"
  mkdir -p "$cache/data"
  dockerd --data-root "$cache/data" --exec-root "$cache/exec" -H "$DOCKER_HOST" --pidfile "$cache/docker.pid" \
    >"$cache/dockerd.log" 2>&1 &
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && return
    sleep 0.5
  done
  tail -20 "$cache/dockerd.log" >&2
  return 1
}

stop_engine() {
  [ -f "$cache/docker.pid" ] || return 0
  local pid
  pid=$(cat "$cache/docker.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
}
