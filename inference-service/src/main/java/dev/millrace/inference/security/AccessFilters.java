package dev.millrace.inference.security;

import dev.millrace.inference.http.Problem;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Asks for tokens. Bound to the methods that need one, not to paths, which can be written in more
 * than one way.
 */
public final class AccessFilters {
  private final AccessTokens tokens;

  AccessFilters(AccessTokens tokens) {
    this.tokens = tokens;
  }

  @AdminToken
  @ServerRequestFilter
  public Optional<Response> admin(ContainerRequestContext request) {
    return answer(request, tokens.adminRefusal(authorization(request)));
  }

  @PredictToken
  @ServerRequestFilter
  public Optional<Response> predict(ContainerRequestContext request) {
    return answer(request, tokens.predictRefusal(authorization(request)));
  }

  private static String authorization(ContainerRequestContext request) {
    return request.getHeaderString(HttpHeaders.AUTHORIZATION);
  }

  private static Optional<Response> answer(
      ContainerRequestContext request, Optional<Problem> refusal) {
    return refusal.map(
        problem -> {
          Response.ResponseBuilder response = problem.response(request.getUriInfo().getPath());
          if (problem.status() == 401) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
          }
          return response.build();
        });
  }
}
