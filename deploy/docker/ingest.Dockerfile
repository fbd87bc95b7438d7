# Ingest: dataset to Kafka. Holds no libtorch. From the repository's root, after mvn package:
#   docker build -f deploy/docker/ingest.Dockerfile -t millrace/ingest ingest-service/target/quarkus-app
ARG JRE_IMAGE=eclipse-temurin:25-jre
FROM ${JRE_IMAGE}

# A volume mounted here takes over its owner.
RUN mkdir /data && chown 10001:10001 /data
WORKDIR /app
# In the order of how seldom they change.
COPY lib/ lib/
COPY quarkus/ quarkus/
COPY quarkus-run.jar ./
COPY app/ app/

# File names are UTF-8.
ENV LC_ALL=C.UTF-8 \
    MILLRACE_HTTP_HOST=0.0.0.0 \
    MILLRACE_HTTP_PORT=8081 \
    MILLRACE_INGEST_DATA_DIR=/data \
    JDK_JAVA_OPTIONS="-Xmx512m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError"
USER 10001:10001
EXPOSE 8081
ENTRYPOINT ["java", "-jar", "quarkus-run.jar"]
