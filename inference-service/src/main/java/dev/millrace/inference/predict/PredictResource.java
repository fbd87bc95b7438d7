package dev.millrace.inference.predict;

import dev.millrace.images.DecodedImage;
import dev.millrace.inference.http.ClientDisconnect;
import dev.millrace.inference.http.Offload;
import dev.millrace.inference.http.RequestTimeout;
import dev.millrace.inference.http.body.RequestBodies;
import dev.millrace.inference.security.Roles;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.ClassificationRequest;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.Images;
import dev.millrace.inference.telemetry.InferenceTracing;
import dev.millrace.inference.upload.Upload;
import dev.millrace.protocol.stream.Minibatch;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The endpoint that classifies uploaded images. */
@Path("/v1/predict")
@Produces(MediaType.APPLICATION_JSON)
public final class PredictResource {
  private static final int DEFAULT_TOP = 5;

  private final Classifier classifier;
  private final RequestBodies bodies;
  private final InferenceTracing tracing;

  PredictResource(Classifier classifier, RequestBodies bodies, InferenceTracing tracing) {
    this.classifier = classifier;
    this.bodies = bodies;
    this.tracing = tracing;
  }

  @POST
  @Consumes(MediaType.WILDCARD)
  @NonBlocking
  @RolesAllowed(Roles.PREDICT)
  public CompletionStage<Answer> predict(
      @QueryParam("top") String top,
      @HeaderParam(RequestTimeout.HEADER) String timeout,
      @Context RoutingContext connection) {
    int count = count(top);
    String type = RequestBodies.declaredType(connection);
    return bodies
        .read(connection)
        .thenCompose(body -> decode(body, type, connection))
        .thenCompose(
            upload ->
                classify(upload.images(), timeout, connection)
                    .thenApply(answers -> answer(upload, answers, count)));
  }

  private CompletionStage<Upload> decode(byte[] body, String type, RoutingContext connection) {
    Offload thread = Upload.isRaw(body, type) ? Offload.EVENT_LOOP : Offload.WORKER;
    return thread.run(
        connection, () -> tracing.decoding(() -> Upload.read(body, type, classifier.maxImages())));
  }

  private static Answer answer(Upload upload, List<Classification> answers, int count) {
    return answers.size() == 1
        ? PredictionJson.of(answers.get(0), count, upload.images().get(0))
        : PredictionsJson.of(answers, count, upload.files(), upload.images());
  }

  private CompletableFuture<List<Classification>> classify(
      List<DecodedImage> images, String timeout, RoutingContext connection) {
    ByteBuffer pixels = ByteBuffer.allocate(images.size() * Minibatch.IMAGE_BYTES);
    images.forEach(image -> pixels.put(image.pixels()));
    CompletableFuture<List<Classification>> answer =
        classifier.classify(
            new ClassificationRequest(
                Images.of(pixels.array()), Optional.empty(), RequestTimeout.parse(timeout)));
    ClientDisconnect.cancelOn(answer, connection);
    return answer;
  }

  private static int count(String top) {
    if (top == null) {
      return DEFAULT_TOP;
    }
    try {
      int count = Integer.parseInt(top);
      if (count >= 1) {
        return count;
      }
    } catch (NumberFormatException e) {
      throw new BadRequestException(badTop(top), e);
    }
    throw new BadRequestException(badTop(top));
  }

  private static String badTop(String top) {
    return "top is '%s'; it must be a whole number of at least 1".formatted(top);
  }
}
