# Ingest: publishes a dataset to Kafka. The image does not contain libtorch.
# Build in the root of the repository, after mvn package:
#   docker build -f deploy/docker/ingest.Dockerfile -t millrace/ingest ingest-service/target/quarkus-app
ARG JRE_IMAGE=eclipse-temurin:25-jre
FROM ${JRE_IMAGE}

# A new volume that is mounted here gets the owner of this folder.
RUN mkdir /data && chown 10001:10001 /data
WORKDIR /app
# Least frequently changed files first, to reuse cached layers.
COPY lib/ lib/
COPY quarkus/ quarkus/
COPY quarkus-run.jar ./
COPY app/ app/

# Java decodes file names in the encoding of the locale.
ENV LC_ALL=C.UTF-8 \
    MILLRACE_HTTP_HOST=0.0.0.0 \
    MILLRACE_HTTP_PORT=8081 \
    MILLRACE_INGEST_DATA_DIR=/data \
    JDK_JAVA_OPTIONS="-Xmx512m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError"
USER 10001:10001
EXPOSE 8081
ENTRYPOINT ["java", "-jar", "quarkus-run.jar"]
