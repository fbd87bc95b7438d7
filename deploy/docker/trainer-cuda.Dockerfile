# The trainer for NVIDIA GPUs. Build in the root of the repository, after mvn package:
#   docker build -f deploy/docker/trainer-cuda.Dockerfile -t millrace/trainer:cuda trainer-service/target/quarkus-app
# The host must provide the driver (NVIDIA's container toolkit or the GPU operator).
ARG JRE_IMAGE=eclipse-temurin:25-jre
ARG PYTHON_IMAGE=python:3.13-slim

# The CUDA build of libtorch and NVIDIA's libraries come from Python wheels. Their relative locations
# are kept, because the libraries look for each other there. Triton and the Python files are not copied.
# DJL would load caffe2_nvrtc when it starts, which fails without a driver, as in this build. It is
# therefore in a separate folder, where libtorch finds it when needed.
FROM ${PYTHON_IMAGE} AS wheels
ARG TORCH_VERSION=2.7.1
ARG TORCH_INDEX=https://download.pytorch.org/whl/cu128
RUN pip install --no-cache-dir --target /wheels ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch==${TORCH_VERSION}" \
 && rm /wheels/torch/lib/libtorch_python.so \
 && mkdir /wheels/torch/nvrtc && mv /wheels/torch/lib/libcaffe2_nvrtc.so /wheels/torch/nvrtc/ \
 && ln -s libcudart.so.12 /wheels/nvidia/cuda_runtime/lib/libcudart.so

FROM ${JRE_IMAGE} AS engine
WORKDIR /app
COPY lib/ lib/
RUN for jar in lib/main/*pytorch-native-cpu*.jar; do { printf 'PK\005\006'; head -c 18 /dev/zero; } > "$jar"; done

FROM ${JRE_IMAGE}
COPY --from=wheels /wheels/nvidia /opt/libtorch/nvidia
COPY --from=wheels /wheels/cusparselt /opt/libtorch/cusparselt
COPY --from=wheels /wheels/torch/nvrtc /opt/libtorch/torch/nvrtc
COPY --from=wheels /wheels/torch/lib /opt/libtorch/torch/lib
WORKDIR /app
COPY --from=engine /app/lib lib/

# Java decodes file names in the encoding of the locale.
ENV LC_ALL=C.UTF-8 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=8589934592 \
    MALLOC_TRIM_THRESHOLD_=8589934592 \
    MALLOC_TOP_PAD_=268435456 \
    OMP_WAIT_POLICY=passive \
    LD_LIBRARY_PATH=/opt/libtorch/nvidia/cuda_runtime/lib:/opt/libtorch/torch/nvrtc \
    PYTORCH_LIBRARY_PATH=/opt/libtorch/torch/lib \
    PYTORCH_VERSION=2.7.1 \
    PYTORCH_FLAVOR=cu128 \
    MILLRACE_HTTP_HOST=0.0.0.0 \
    MILLRACE_HTTP_PORT=8082 \
    MILLRACE_TRAINER_DEVICE=cuda \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    JDK_JAVA_OPTIONS="-Xmx384m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED"
# Adds the JNI library to the engine's folder; fails if the CUDA libraries cannot be loaded.
RUN ENGINE_CACHE_DIR=/engine java -cp 'lib/main/*' dev.millrace.model.LoadEngine \
 && mv /engine/pytorch/*/*libdjl_torch.so /opt/libtorch/torch/lib/ && rm -r /engine
COPY quarkus/ quarkus/
COPY quarkus-run.jar ./
COPY app/ app/
USER 10001:10001
EXPOSE 8082
ENTRYPOINT ["java", "-jar", "quarkus-run.jar"]
