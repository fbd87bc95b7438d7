package dev.millrace.inference.control;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.inference.reload.CheckpointListing;
import dev.millrace.inference.reload.CheckpointListing.Entry;
import dev.millrace.inference.reload.CheckpointListing.Listing;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ServingControl;
import dev.millrace.inference.security.Roles;
import dev.millrace.protocol.run.CheckpointEvent.Type;
import dev.millrace.protocol.run.CheckpointManifest;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The endpoints that list checkpoints and promote one. */
@Path("/v1/checkpoints")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public final class CheckpointsResource {
  /**
   * One checkpoint.
   *
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
   * All checkpoints.
   *
   * @param pinned whether the served checkpoint keeps serving when another one becomes the best
   * @param note present if S3 is unavailable; then only checkpoints that this process knows are
   *     listed
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record CheckpointsJson(List<CheckpointJson> checkpoints, boolean pinned, String note) {}

  private final CheckpointListing listing;
  private final ServingControl control;
  private final ControlAudit audit;

  CheckpointsResource(CheckpointListing listing, ServingControl control, ControlAudit audit) {
    this.listing = listing;
    this.control = control;
    this.audit = audit;
  }

  @GET
  public CheckpointsJson list() {
    Listing found = listing.list();
    return new CheckpointsJson(
        found.entries().stream().map(CheckpointJson::of).toList(),
        found.pinned(),
        found.problem().orElse(null));
  }

  @POST
  @Path("{id}/promote")
  @RolesAllowed(Roles.PROMOTE)
  public ServingJson promote(
      @PathParam("id") String id,
      @QueryParam("run") String run,
      @Context HttpServerRequest request) {
    Serving serving = control.promote(id, Optional.ofNullable(run));
    audit.changed(Type.PROMOTED, serving.checkpoint(), request);
    return ServingJson.of(serving, true);
  }
}
