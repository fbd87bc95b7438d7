# Sourced by compose-test. Builds the images that docker-compose.yml and the Dockerfiles name from
# Debian, Maven and Go packages, so that the test needs no image registry.

image_named() { docker compose config --format json | jq -r ".services[\"$1\"].image"; }

have() { docker image inspect "$1" >/dev/null 2>&1; }

make_images() {
  # Rebuild all images if this file has changed.
  local version
  version=$(sha256sum <"$project/deploy/test/registry/images.sh")
  if [ "$(cat "$cache/images.version" 2>/dev/null)" != "$version" ]; then
    docker image ls -q | sort -u | xargs -r docker image rm -f >/dev/null
    echo "$version" >"$cache/images.version"
  fi
  make_jre eclipse-temurin:25-jre
  make_kafka "$(image_named kafka)"
  make_minio "$(image_named minio)"
  make_collector "$(image_named otel-collector)"
  make_tools "$(image_named gateway)" "$(image_named prometheus)"
  docker compose build --quiet
}

make_jre() {
  have "$1" && return
  echo "building $1 from Debian packages"
  local root="$cache/jre"
  rm -rf "$root"
  debootstrap --variant=minbase \
    --include=openjdk-25-jre-headless,ca-certificates,curl,fontconfig,fonts-dejavu-core,libharfbuzz0b "$debian" "$root" >"$cache/debootstrap.log"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  mkdir -p "$root/opt/java"
  ln -s /usr/lib/jvm/java-25-openjdk-amd64 "$root/opt/java/openjdk"
  tar -C "$root" -cf - . | docker import \
    -c 'ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8' - "$1" >/dev/null
}

# KafkaDockerWrapper, the entry point of Kafka's official image, is part of Kafka's jar. Folders and
# user are the same as in that image.
make_kafka() {
  have "$1" && return
  local context="$cache/kafka"
  rm -rf "$context" && mkdir -p "$context"
  cp -r "$project/local-stack/target/lib" "$context/libs"
  cp "$project/local-stack/src/main/resources/logback.xml" "$context/libs/"
  cat >"$context/Dockerfile" <<'END'
FROM eclipse-temurin:25-jre
COPY libs /opt/kafka/libs
COPY run /etc/kafka/docker/run
RUN useradd --uid 1000 appuser && touch /etc/kafka/docker/server.properties /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml \
 && mkdir -p /opt/kafka/config /opt/kafka/logs /var/lib/kafka/data /mnt/shared/config \
 && chown -R appuser /opt/kafka/config /opt/kafka/logs /var/lib/kafka /mnt/shared/config
USER appuser
VOLUME ["/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]
END
  cat >"$context/run" <<'END'
#!/usr/bin/env bash
set -eu
export CLUSTER_ID=${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}
result=$(java -Xmx96m -cp '/opt/kafka/libs:/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) \
  || grep -qi 'already formatted' <<<"$result" || { echo "$result" >&2; exit 1; }
exec java $KAFKA_HEAP_OPTS -cp '/opt/kafka/libs:/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties
END
  chmod +x "$context/run"
  docker build -q -t "$1" "$context" >/dev/null
}

make_minio() {
  have "$1" && return
  local context="$cache/minio"
  mkdir -p "$context" && cp "$cache/bin/minio" "$context/"
  docker build -q -t "$1" -f - "$context" >/dev/null <<'END'
FROM eclipse-temurin:25-jre
COPY minio /usr/bin/minio
VOLUME ["/data"]
ENTRYPOINT ["minio"]
END
}

make_collector() {
  have "$1" && return
  local context="$cache/collector"
  mkdir -p "$context" && cp "$cache/bin/otelcol" "$context/"
  docker build -q -t "$1" -f - "$context" >/dev/null <<'END'
FROM scratch
COPY otelcol /otelcol
USER 10001
ENTRYPOINT ["/otelcol"]
END
}

# Builds the images of HAProxy and Prometheus from Debian's packages.
make_tools() {
  have "$1" && have "$2" && return
  local root="$cache/tools"
  rm -rf "$root"
  debootstrap --variant=minbase --include=haproxy,prometheus,wget,ca-certificates "$debian" "$root" >"$cache/debootstrap-tools.log"
  mkdir -p "$root/prometheus" && chown 65534:65534 "$root/prometheus"
  tar -C "$root" -cf - . | docker import -c 'USER 99' -c 'CMD ["haproxy","-W","-db","-f","/usr/local/etc/haproxy/haproxy.cfg"]' - "$1" >/dev/null
  tar -C "$root" -cf - . | docker import -c 'USER 65534' -c 'ENTRYPOINT ["prometheus"]' -c 'VOLUME /prometheus' - "$2" >/dev/null
}
