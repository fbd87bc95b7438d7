package dev.millrace.inference.oip.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.inference.http.body.RequestBodies;
import dev.millrace.inference.oip.Extensions;
import dev.millrace.inference.oip.ModelSettings;
import dev.millrace.inference.oip.ModelStats;
import dev.millrace.inference.oip.OipJson;
import dev.millrace.inference.oip.RepositoryEntry;
import dev.millrace.inference.oip.ServedModel;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The extensions of the Open Inference Protocol that Triton's tools use, over REST. */
@Path("/v2")
@Produces(MediaType.APPLICATION_JSON)
@NonBlocking
public final class OipExtensionsResource {
  private static final String MODEL = "models/{model}";
  private static final String VERSION = MODEL + "/versions/{version}";

  private final ServedModel model;
  private final RequestBodies bodies;

  OipExtensionsResource(ServedModel model, RequestBodies bodies) {
    this.model = model;
    this.bodies = bodies;
  }

  @GET
  @Path("models/stats")
  public OipJson.Statistics statistics() {
    return new OipJson.Statistics(model.statistics());
  }

  @GET
  @Path(MODEL + "/stats")
  public OipJson.Statistics statistics(@PathParam("model") String name) {
    return statistics(name, Optional.empty());
  }

  @GET
  @Path(VERSION + "/stats")
  public OipJson.Statistics statistics(
      @PathParam("model") String name, @PathParam("version") String version) {
    return statistics(name, Optional.of(version));
  }

  private OipJson.Statistics statistics(String name, Optional<String> version) {
    return new OipJson.Statistics(List.<ModelStats>of(model.statistics(name, version)));
  }

  @GET
  @Path(MODEL + "/config")
  public ModelSettings configuration(@PathParam("model") String name) {
    return model.configuration(name, Optional.empty());
  }

  @GET
  @Path(VERSION + "/config")
  public ModelSettings configuration(
      @PathParam("model") String name, @PathParam("version") String version) {
    return model.configuration(name, Optional.of(version));
  }

  @POST
  @Path("repository/index")
  @Consumes(MediaType.WILDCARD)
  public CompletionStage<List<RepositoryEntry>> index(@Context RoutingContext connection) {
    return bodies.readSmall(connection).thenApply(body -> model.repository(readyOnly(body)));
  }

  /** Reads the member {@code ready}. It and the body are optional. */
  private static boolean readyOnly(byte[] body) {
    if (body.length == 0) {
      return false;
    }
    try {
      JsonNode ready = Json.read(body, JsonNode.class).path("ready");
      if (ready.isMissingNode() || ready.isNull()) {
        return false;
      }
      if (ready.isBoolean()) {
        return ready.booleanValue();
      }
      throw new BadRequestException("ready is %s; it must be true or false".formatted(ready));
    } catch (MalformedException e) {
      throw new BadRequestException("the body is not JSON: " + e.getMessage(), e);
    }
  }

  @POST
  @Path("repository/models/{model}/load")
  @Consumes(MediaType.WILDCARD)
  public void load(@PathParam("model") String name) {
    throw Extensions.noLoading(name);
  }

  @POST
  @Path("repository/models/{model}/unload")
  @Consumes(MediaType.WILDCARD)
  public void unload(@PathParam("model") String name) {
    throw Extensions.noLoading(name);
  }
}
