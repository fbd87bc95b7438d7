package dev.millrace.inference.security;

/** The roles that endpoints require. */
public final class Roles {
  /**
   * May request predictions. Everybody has this role while neither a predict token nor OIDC is set.
   */
  public static final String PREDICT = "predict";

  /** May send labels. Granted by the admin token. */
  public static final String LABEL = "label";

  /** May change what is served. Granted by the admin token. */
  public static final String PROMOTE = "promote";

  private Roles() {}
}
