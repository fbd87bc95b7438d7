package dev.millrace.inference.security;

import dev.millrace.inference.http.Problem;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.Arrays;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers requests that lack a role. */
@Singleton
public final class AccessRefusals {
  private static final Logger LOG = Logger.getLogger(AccessRefusals.class);

  private final AccessTokens tokens;

  AccessRefusals(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @ServerExceptionMapper
  public Response unauthorized(
      UnauthorizedException e, HttpHeaders headers, ResourceInfo resource, UriInfo uri) {
    return response(headers, resource, uri);
  }

  @ServerExceptionMapper
  public Response forbidden(
      ForbiddenException e, HttpHeaders headers, ResourceInfo resource, UriInfo uri) {
    String authorization = headers.getHeaderString(HttpHeaders.AUTHORIZATION);
    if (AccessTokens.bearer(authorization).filter(tokens::isOwn).isPresent()) {
      return response(headers, resource, uri);
    }
    return Problem.of(403, "the token lacks the role that this endpoint requires")
        .response(uri.getPath())
        .build();
  }

  private Response response(HttpHeaders headers, ResourceInfo resource, UriInfo uri) {
    Problem problem =
        changesServing(resource) && !tokens.controlIsOn()
            ? controlOff()
            : unauthorized(headers.getHeaderString(HttpHeaders.AUTHORIZATION));
    Response.ResponseBuilder response = problem.response(uri.getPath());
    if (problem.status() == 401) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, TokenMechanism.SCHEME);
    }
    return response.build();
  }

  private static boolean changesServing(ResourceInfo resource) {
    return Optional.ofNullable(resource.getResourceMethod())
        .map(method -> method.getAnnotation(RolesAllowed.class))
        .filter(allowed -> Arrays.asList(allowed.value()).contains(Roles.PROMOTE))
        .isPresent();
  }

  private static Problem controlOff() {
    LOG.warn("refused a control request, since MILLRACE_INFERENCE_ADMIN_TOKEN is not set");
    return Problem.of(
        "control-off",
        "Control is off",
        403,
        "this service has no admin token; an operator can set MILLRACE_INFERENCE_ADMIN_TOKEN");
  }

  /**
   * Says what is wrong with a request's token.
   *
   * @param authorization the header's value; null if there is none
   */
  public static Problem unauthorized(String authorization) {
    return Problem.of(
        "unauthorized",
        "Unauthorized",
        401,
        AccessTokens.bearer(authorization).isPresent()
            ? "the bearer token is not the one that this service was given"
            : "send the token as 'Authorization: Bearer …'");
  }
}
