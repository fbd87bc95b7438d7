package dev.millrace.inference.page;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.run.RunView;
import dev.millrace.protocol.Json;
import dev.millrace.store.StoreException;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.ServiceUnavailableException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** The endpoints of the run that the page shows. */
@Path("/v1/run")
@Blocking
public final class RunResource {
  private static final String NO_STORE = "no-store";
  private static final Map<String, String> REPORT =
      Map.of(
          "report.json", "application/json",
          "report.md", "text/markdown; charset=utf-8",
          "curves.png", "image/png",
          "confusion-matrix.png", "image/png",
          "sample-predictions.png", "image/png");

  private final RunView view;
  private final CheckpointStore store;
  private final SampleImages samples;

  RunResource(RunView view, CheckpointStore store, SampleImages samples) {
    this.view = view;
    this.store = store;
    this.samples = samples;
  }

  @GET
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(summary = "All that is known of the run: settings, epochs, progress, what is served")
  public Response run() {
    return json(Json.bytes(view.snapshot()));
  }

  @GET
  @Path("/samples")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(summary = "A few images of the served model's test set, to try it with")
  public Response samples() {
    return json(Json.bytes(samples.take()));
  }

  private static Response json(byte[] content) {
    return Response.ok(content, MediaType.APPLICATION_JSON)
        .header(HttpHeaders.CACHE_CONTROL, NO_STORE)
        .build();
  }

  @GET
  @Path("/report/{file}")
  @Operation(summary = "A file of the run's report: report.json, report.md or a picture")
  public Response report(@PathParam("file") String file) {
    String type = REPORT.get(file);
    if (type == null) {
      throw new NotFoundException(
          "a report has the files %s, not '%s'".formatted(REPORT.keySet(), file));
    }
    String run = view.run().orElseThrow(() -> new NotFoundException("there is no run yet"));
    try {
      byte[] content =
          store
              .document(run, "report/" + file)
              .orElseThrow(
                  () -> new NotFoundException("run %s has no %s yet".formatted(run, file)));
      return Response.ok(content, type).header(HttpHeaders.CACHE_CONTROL, NO_STORE).build();
    } catch (StoreException e) {
      throw new ServiceUnavailableException(e.getMessage());
    }
  }
}
