# The trainer for CPUs. From the repository's root, after mvn package:
#   docker build -f deploy/docker/trainer.Dockerfile -t millrace/trainer trainer-service/target/quarkus-app
ARG JRE_IMAGE=eclipse-temurin:25-jre

FROM ${JRE_IMAGE} AS engine
WORKDIR /app
COPY lib/ lib/
# Unpacks libtorch and loads it, so that a base image that cannot carry it fails here. The jar that
# it came in stays on Quarkus' class path and so becomes an empty archive.
RUN ENGINE_CACHE_DIR=/engine java -cp 'lib/main/*' dev.millrace.model.LoadEngine \
 && mv /engine/pytorch/* /opt/libtorch && chmod -R a+rX /opt/libtorch \
 && for jar in lib/main/*pytorch-native-cpu*.jar; do { printf 'PK\005\006'; head -c 18 /dev/zero; } > "$jar"; done

FROM ${JRE_IMAGE}
COPY --from=engine /opt/libtorch /opt/libtorch
WORKDIR /app
# In the order of how seldom they change.
COPY --from=engine /app/lib lib/
COPY quarkus/ quarkus/
COPY quarkus-run.jar ./
COPY app/ app/

# glibc would map and unmap the memory of big tensors at every operation, at a third of the speed;
# OpenMP's threads would spin while they wait, in the way of the other services.
# File names are UTF-8.
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
