package dev.millrace.inference;

import dev.millrace.inference.serving.Classifier;
import dev.millrace.protocol.image.DecodedImage;
import dev.millrace.protocol.image.ImageDecoder;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;

/** One image in, its most probable classes out. */
@Path("/v1/predict")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public final class PredictResource {
  private static final int DEFAULT_TOP = 5;

  private final Classifier classifier;

  PredictResource(Classifier classifier) {
    this.classifier = classifier;
  }

  @POST
  @Consumes(MediaType.WILDCARD)
  @Operation(summary = "Classify an image: a PNG or JPEG of any size, or 3072 bytes of RGB planes")
  public CompletionStage<PredictionJson> predict(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Parameter(hidden = true) String contentType,
      @QueryParam("top") String top,
      byte[] body) {
    return answer(body, contentType, top);
  }

  @POST
  @Consumes(MediaType.MULTIPART_FORM_DATA)
  @Operation(summary = "Classify an image uploaded as the form field 'image'")
  public CompletionStage<PredictionJson> predictForm(
      @RestForm("image") List<FileUpload> images, @QueryParam("top") String top) {
    if (images == null || images.size() != 1) {
      throw new BadRequestException(
          "the form must have one file in the field 'image'; it has %d"
              .formatted(images == null ? 0 : images.size()));
    }
    FileUpload image = images.get(0);
    return answer(stored(image), image.contentType(), top);
  }

  private static byte[] stored(FileUpload image) {
    try {
      return Files.readAllBytes(image.uploadedFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // this machine's disk, not the client's fault
    }
  }

  private CompletionStage<PredictionJson> answer(byte[] content, String contentType, String top) {
    int count = count(top);
    DecodedImage image = ImageDecoder.decode(content, contentType);
    return classifier
        .classify(image.pixels())
        .thenApply(classification -> PredictionJson.of(classification, count, image.notes()));
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
