package dev.millrace.stack.settings;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The user's HTTP proxies as JVM options, because a JVM does not read {@code https_proxy}. Ingest
 * downloads datasets through them.
 */
public final class Proxies {
  private static final Set<String> SCHEMES = Set.of("http", "https");

  private final ShellEnvironment shell;
  private final List<String> options = new ArrayList<>();
  private final List<String> unusable = new ArrayList<>();

  public Proxies(ShellEnvironment shell) {
    this.shell = shell;
    add("http");
    add("https");
    String exceptions = variable("no_proxy");
    if (!options.isEmpty() && !exceptions.isEmpty()) {
      options.add("-Dhttp.nonProxyHosts=" + nonProxyHosts(exceptions));
    }
  }

  private void add(String scheme) {
    String name = scheme + "_proxy";
    String value = variable(name);
    if (value.isEmpty()) {
      return;
    }
    URI proxy = address(value);
    if (proxy == null) {
      unusable.add(
          "%s=%s: allowed: http://HOST:PORT; the proxy is not used".formatted(name, hidden(value)));
      return;
    }
    options.add("-D%s.proxyHost=%s".formatted(scheme, proxy.getHost()));
    options.add("-D%s.proxyPort=%d".formatted(scheme, proxy.getPort() < 0 ? 80 : proxy.getPort()));
  }

  /**
   * Parses the address of a proxy. Returns null if it is not an HTTP address, or has a password.
   */
  private static URI address(String value) {
    try {
      URI proxy = URI.create(value.contains("://") ? value : "http://" + value);
      boolean http = SCHEMES.contains(proxy.getScheme().toLowerCase(Locale.ROOT));
      return http && proxy.getHost() != null && proxy.getUserInfo() == null ? proxy : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Removes the user name and password, which must not be printed. */
  private static String hidden(String value) {
    return value.replaceFirst("//[^/]*@", "//...@").replaceFirst("^[^/]*@", "...@");
  }

  private static String nonProxyHosts(String exceptions) {
    return Stream.concat(
            Stream.of("localhost", "127.*", "[::1]"),
            Stream.of(exceptions.split("[,\\s]+")).filter(host -> !host.isEmpty()))
        .flatMap(
            host ->
                host.startsWith(".") ? Stream.of(host.substring(1), "*" + host) : Stream.of(host))
        .collect(Collectors.joining("|"));
  }

  /** Returns a variable, whose name may be in lower or upper case. Lower case takes precedence. */
  private String variable(String name) {
    String small = shell.get(name);
    String capital = shell.get(name.toUpperCase(Locale.ROOT));
    return small != null ? small.strip() : capital != null ? capital.strip() : "";
  }

  /** Returns the options for ingest's JVM. */
  public List<String> options() {
    return List.copyOf(options);
  }

  /** Returns a message for each proxy that cannot be used. */
  public List<String> unusable() {
    return List.copyOf(unusable);
  }
}
