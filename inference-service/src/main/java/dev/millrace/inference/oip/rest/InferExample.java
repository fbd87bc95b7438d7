package dev.millrace.inference.oip.rest;

import dev.millrace.protocol.stream.Minibatch;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.MediaType;

/**
 * Adds a valid request body, a grey image, to the OpenAPI document for "Try it out" in Swagger UI.
 * Its 3072 numbers would otherwise fill most of the file.
 */
public final class InferExample implements OASFilter {
  @Override
  public void filterOpenAPI(OpenAPI document) {
    Map<String, Object> image =
        Map.of(
            "name",
            "images",
            "datatype",
            "UINT8",
            "shape",
            List.of(1, Minibatch.CHANNELS, Minibatch.HEIGHT, Minibatch.WIDTH),
            "data",
            Collections.nCopies(Minibatch.IMAGE_BYTES, 127));
    MediaType json =
        document
            .getComponents()
            .getRequestBodies()
            .get("Infer")
            .getContent()
            .getMediaType("application/json");
    json.setExample(Map.of("inputs", List.of(image)));
  }
}
