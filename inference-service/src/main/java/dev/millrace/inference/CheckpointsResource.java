package dev.millrace.inference;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.inference.serving.CheckpointListing;
import dev.millrace.inference.serving.CheckpointListing.Entry;
import dev.millrace.inference.serving.CheckpointListing.Listing;
import dev.millrace.model.CheckpointManifest;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What checkpoints there are and which one serves. */
@Path("/v1/checkpoints")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public final class CheckpointsResource {
  /**
   * @param state {@code serving}, {@code refused} or {@code known}
   * @param reason why it was refused
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record CheckpointJson(
      String id,
      String run,
      String state,
      String reason,
      Integer epoch,
      Long step,
      Double validationAccuracy,
      Instant created) {
    static CheckpointJson of(Entry entry) {
      CheckpointManifest manifest = entry.manifest().orElse(null);
      return new CheckpointJson(
          entry.id(),
          entry.run(),
          entry.state().wireName(),
          entry.reason().orElse(null),
          manifest == null ? null : manifest.epoch(),
          manifest == null ? null : manifest.step(),
          entry.validationAccuracy().orElse(null),
          manifest == null ? null : manifest.created());
    }
  }

  /**
   * @param note present if S3 is away: then only what this service remembers is listed
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record CheckpointsJson(List<CheckpointJson> checkpoints, String note) {}

  private final CheckpointListing listing;

  CheckpointsResource(CheckpointListing listing) {
    this.listing = listing;
  }

  @GET
  @Operation(summary = "All checkpoints in the store and what became of each")
  public CheckpointsJson list() {
    Listing found = listing.list();
    return new CheckpointsJson(
        found.entries().stream().map(CheckpointJson::of).toList(), found.problem().orElse(null));
  }
}
