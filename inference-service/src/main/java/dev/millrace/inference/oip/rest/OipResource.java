package dev.millrace.inference.oip.rest;

import dev.millrace.inference.http.ClientDisconnect;
import dev.millrace.inference.http.Offload;
import dev.millrace.inference.http.RequestTimeout;
import dev.millrace.inference.http.body.RequestBodies;
import dev.millrace.inference.oip.BinaryTensors;
import dev.millrace.inference.oip.Extensions;
import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferResponse;
import dev.millrace.inference.oip.OipJson;
import dev.millrace.inference.oip.ServedModel;
import dev.millrace.inference.oip.rest.InferResponseWriter.Written;
import dev.millrace.inference.security.Roles;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The Open Inference Protocol, version 2, over REST. */
@Path("/v2")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public final class OipResource {
  private static final String MODEL = "models/{model}";
  private static final String VERSION = MODEL + "/versions/{version}";
  private static final int UNAVAILABLE = 503;

  /**
   * The largest body, in bytes, that the event loop parses: one image as JSON, or a few as bytes.
   */
  private static final int READ_AT_ONCE = 16 << 10;

  private final ServedModel model;
  private final RequestBodies bodies;
  private final InferRequestReader reader;
  private final String version;

  OipResource(
      ServedModel model,
      RequestBodies bodies,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    this.model = model;
    this.bodies = bodies;
    this.reader = new InferRequestReader(model.maxImages());
    this.version = version;
  }

  @GET
  public OipJson.Server server() {
    return new OipJson.Server(ServedModel.SERVER, version, Extensions.NAMES);
  }

  @GET
  @Path("health/live")
  public Response live() {
    return status(model.isLive()).entity(new OipJson.Live(model.isLive())).build();
  }

  @GET
  @Path("health/ready")
  public Response ready() {
    return status(model.isReady()).entity(new OipJson.Ready(model.isReady())).build();
  }

  @GET
  @Path(MODEL)
  public OipJson.Model metadata(@PathParam("model") String name) {
    return OipJson.Model.of(model.find(name, Optional.empty()));
  }

  @GET
  @Path(VERSION)
  public OipJson.Model metadata(
      @PathParam("model") String name, @PathParam("version") String version) {
    return OipJson.Model.of(model.find(name, Optional.of(version)));
  }

  @GET
  @Path(MODEL + "/ready")
  public Response modelReady(@PathParam("model") String name) {
    return modelReady(name, Optional.empty());
  }

  @GET
  @Path(VERSION + "/ready")
  public Response modelReady(
      @PathParam("model") String name, @PathParam("version") String version) {
    return modelReady(name, Optional.of(version));
  }

  private Response modelReady(String name, Optional<String> version) {
    boolean ready = model.isReady();
    if (ready) {
      model.find(name, version);
    }
    return status(ready).entity(new OipJson.ModelReady(name, ready)).build();
  }

  private static Response.ResponseBuilder status(boolean good) {
    return Response.status(good ? 200 : UNAVAILABLE);
  }

  @POST
  @Path(MODEL + "/infer")
  @Consumes(MediaType.WILDCARD)
  @RolesAllowed(Roles.PREDICT)
  public CompletionStage<Response> infer(
      @PathParam("model") String name,
      @HeaderParam(BinaryTensors.HEADER) String jsonLength,
      @HeaderParam(RequestTimeout.HEADER) String timeout,
      @Context RoutingContext connection) {
    return infer(name, Optional.empty(), jsonLength, timeout, connection);
  }

  @POST
  @Path(VERSION + "/infer")
  @Consumes(MediaType.WILDCARD)
  @RolesAllowed(Roles.PREDICT)
  public CompletionStage<Response> infer(
      @PathParam("model") String name,
      @PathParam("version") String version,
      @HeaderParam(BinaryTensors.HEADER) String jsonLength,
      @HeaderParam(RequestTimeout.HEADER) String timeout,
      @Context RoutingContext connection) {
    return infer(name, Optional.of(version), jsonLength, timeout, connection);
  }

  private CompletionStage<Response> infer(
      String name,
      Optional<String> version,
      String jsonLength,
      String timeout,
      RoutingContext connection) {
    model.find(name, version);
    return bodies
        .read(connection)
        .thenCompose(body -> read(body, jsonLength, connection))
        .thenCompose(request -> infer(request, version, timeout, connection));
  }

  private CompletionStage<InferRequest> read(
      byte[] body, String jsonLength, RoutingContext connection) {
    Offload thread = body.length <= READ_AT_ONCE ? Offload.EVENT_LOOP : Offload.WORKER;
    return thread.run(connection, () -> reader.read(body, jsonLength));
  }

  private CompletionStage<Response> infer(
      InferRequest request, Optional<String> version, String timeout, RoutingContext connection) {
    var answer = model.infer(request, version, RequestTimeout.parse(timeout));
    ClientDisconnect.cancelOn(answer, connection);
    return answer.thenApply(
        images -> response(InferResponseWriter.write(new InferResponse(request, images))));
  }

  private static Response response(Written written) {
    Response.ResponseBuilder response = Response.ok(written.body());
    if (written.jsonLength().isEmpty()) {
      return response.type(MediaType.APPLICATION_JSON).build();
    }
    return response
        .type(MediaType.APPLICATION_OCTET_STREAM)
        .header(BinaryTensors.HEADER, written.jsonLength().getAsInt())
        .build();
  }
}
