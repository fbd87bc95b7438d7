package dev.millrace.inference.http.body;

import dev.millrace.inference.http.Problem;

/** A request's body is too large, encoded in an unsupported or wrong way, or one too many. */
public final class BodyRefusedException extends RuntimeException {
  private final transient Problem problem;

  BodyRefusedException(Problem problem) {
    super(problem.detail());
    this.problem = problem;
  }

  Problem problem() {
    return problem;
  }
}
