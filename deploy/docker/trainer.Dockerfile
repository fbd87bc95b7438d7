# The trainer for CPUs. Build in the root of the repository, after mvn package:
#   docker build -f deploy/docker/trainer.Dockerfile -t millrace/trainer trainer-service/target/quarkus-app
ARG JRE_IMAGE=eclipse-temurin:25-jre

FROM ${JRE_IMAGE} AS engine
WORKDIR /app
COPY lib/ lib/
# Unpacks and loads libtorch, so that the build fails if the base image cannot run it. The jar that
# contained libtorch stays on Quarkus' class path, so it is replaced by an empty archive.
RUN ENGINE_CACHE_DIR=/engine java -cp 'lib/main/*' dev.millrace.model.LoadEngine \
 && mv /engine/pytorch/* /opt/libtorch && chmod -R a+rX /opt/libtorch \
 && for jar in lib/main/*pytorch-native-cpu*.jar; do { printf 'PK\005\006'; head -c 18 /dev/zero; } > "$jar"; done

FROM ${JRE_IMAGE}
COPY --from=engine /opt/libtorch /opt/libtorch
WORKDIR /app
# Least frequently changed files first, to reuse cached layers.
COPY --from=engine /app/lib lib/
COPY quarkus/ quarkus/
COPY quarkus-run.jar ./
COPY app/ app/

# By default, glibc maps and unmaps the memory of large tensors in every operation, which reduces the
# speed to a third, and idle OpenMP threads spin and take CPU time from the other services.
# Java decodes file names in the encoding of the locale.
ENV LC_ALL=C.UTF-8 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=8589934592 \
    MALLOC_TRIM_THRESHOLD_=8589934592 \
    MALLOC_TOP_PAD_=268435456 \
    OMP_WAIT_POLICY=passive \
    PYTORCH_LIBRARY_PATH=/opt/libtorch \
    PYTORCH_VERSION=2.7.1 \
    PYTORCH_FLAVOR=cpu \
    MILLRACE_HTTP_HOST=0.0.0.0 \
    MILLRACE_HTTP_PORT=8082 \
    JDK_JAVA_OPTIONS="-Xmx384m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED"
USER 10001:10001
EXPOSE 8082
ENTRYPOINT ["java", "-jar", "quarkus-run.jar"]
