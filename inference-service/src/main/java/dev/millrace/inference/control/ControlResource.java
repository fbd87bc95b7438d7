package dev.millrace.inference.control;

import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ServingControl;
import dev.millrace.inference.security.Roles;
import dev.millrace.protocol.run.CheckpointEvent.Type;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;

/** The endpoints that change which checkpoint serves. */
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public final class ControlResource {
  private final ServingControl control;
  private final ControlAudit audit;
  private final ReloadTrigger reloads;

  ControlResource(ServingControl control, ControlAudit audit, ReloadTrigger reloads) {
    this.control = control;
    this.audit = audit;
    this.reloads = reloads;
  }

  @POST
  @Path("rollback")
  @RolesAllowed(Roles.PROMOTE)
  public ServingJson rollback(@Context HttpServerRequest request) {
    Serving serving = control.rollback();
    audit.changed(Type.ROLLED_BACK, serving.checkpoint(), request);
    return ServingJson.of(serving, true);
  }

  @POST
  @Path("pin")
  @RolesAllowed(Roles.PROMOTE)
  public ServingJson pin(@Context HttpServerRequest request) {
    Serving serving = control.pin();
    audit.changed(Type.PINNED, serving.checkpoint(), request);
    return ServingJson.of(serving, true);
  }

  @POST
  @Path("unpin")
  @RolesAllowed(Roles.PROMOTE)
  public Response unpin(@Context HttpServerRequest request) {
    Optional<Serving> serving = control.unpin();
    serving.ifPresent(old -> audit.changed(Type.UNPINNED, old.checkpoint(), request));
    reloads.pollNow();
    return serving
        .map(old -> Response.ok(ServingJson.of(old, false)))
        .orElseGet(Response::noContent)
        .build();
  }
}
