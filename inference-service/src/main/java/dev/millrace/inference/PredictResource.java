package dev.millrace.inference;

import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.ClassificationRequest;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.image.DecodedImage;
import dev.millrace.protocol.image.ImageDecoder;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;

/** Images in, their most probable classes out. */
@Path("/v1/predict")
@Produces(MediaType.APPLICATION_JSON)
public final class PredictResource {
  private static final int DEFAULT_TOP = 5;

  private final Classifier classifier;
  private final InferenceTracing tracing;

  PredictResource(Classifier classifier, InferenceTracing tracing) {
    this.classifier = classifier;
    this.tracing = tracing;
  }

  @POST
  @Consumes(MediaType.WILDCARD)
  @NonBlocking
  @PredictToken
  public CompletionStage<Answer> predict(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
      @QueryParam("top") String top,
      @HeaderParam(RequestTimeout.HEADER) String timeout,
      @Context RoutingContext connection) {
    int count = count(top);
    byte[] body = RequestBodies.of(connection);
    return Offload.unless(
            ImageDecoder.isRaw(contentType),
            connection,
            () -> tracing.decoding(() -> ImageDecoder.decode(body, contentType)))
        .thenCompose(
            image ->
                classify(List.of(image), timeout, connection)
                    .thenApply(answers -> PredictionJson.of(answers.get(0), count, image)));
  }

  @POST
  @Consumes(MediaType.MULTIPART_FORM_DATA)
  @Blocking
  @PredictToken
  public CompletionStage<Answer> predictForm(
      @RestForm("image") List<FileUpload> uploads,
      @QueryParam("top") String top,
      @HeaderParam(RequestTimeout.HEADER) String timeout,
      @Context RoutingContext connection) {
    int files = uploads == null ? 0 : uploads.size();
    if (files < 1 || files > classifier.maxImages()) {
      throw new BadRequestException(
          "the form must have from 1 to %d files in the field 'image'; it has %d"
              .formatted(classifier.maxImages(), files));
    }
    int count = count(top);
    List<DecodedImage> images =
        tracing.decoding(
            () ->
                uploads.stream()
                    .map(upload -> ImageDecoder.decode(stored(upload), upload.contentType()))
                    .toList());
    return classify(images, timeout, connection)
        .thenApply(
            answers ->
                files == 1
                    ? PredictionJson.of(answers.get(0), count, images.get(0))
                    : PredictionsJson.of(
                        answers,
                        count,
                        uploads.stream().map(FileUpload::fileName).toList(),
                        images));
  }

  private static byte[] stored(FileUpload image) {
    if (image.uploadedFile() == null) {
      return new byte[0]; // the part ended before it began
    }
    try {
      return Files.readAllBytes(image.uploadedFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // this machine's disk, not the client's fault
    }
  }

  private CompletableFuture<List<Classification>> classify(
      List<DecodedImage> images, String timeout, RoutingContext connection) {
    ByteBuffer pixels = ByteBuffer.allocate(images.size() * Minibatch.IMAGE_BYTES);
    images.forEach(image -> pixels.put(image.pixels()));
    CompletableFuture<List<Classification>> answer =
        classifier.classify(
            new ClassificationRequest(
                Images.of(pixels.array()), Optional.empty(), RequestTimeout.parse(timeout)));
    ClientGone.cancels(answer, connection);
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
