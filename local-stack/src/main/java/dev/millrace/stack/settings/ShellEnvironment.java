package dev.millrace.stack.settings;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The part of the user's environment that the launcher passes to its processes. All other variables
 * are removed, because names such as {@code KAFKA_BOOTSTRAP_SERVERS}, {@code QUARKUS_HTTP_PORT} or
 * {@code JAVA_TOOL_OPTIONS} would change the behaviour of a process.
 */
public final class ShellEnvironment {
  private static final Set<String> SYSTEM = Set.of("PATH", "HOME", "USER", "LOGNAME", "TZ");

  /** Variables by which the engine finds its libraries and GPUs. */
  private static final Pattern ENGINE =
      Pattern.compile("(CUDA|NVIDIA|PYTORCH|DJL)_[A-Z0-9_]+|ENGINE_CACHE_DIR|LD_LIBRARY_PATH");

  private static final Pattern SETTING = Pattern.compile("MILLRACE_[A-Z0-9_]+");

  private static final String UTF_8 = "C.UTF-8";

  private final Map<String, String> shell;

  public ShellEnvironment(Map<String, String> shell) {
    this.shell = Map.copyOf(shell);
  }

  /** Returns the variables for every process: the system's basic ones and a UTF-8 locale. */
  public Map<String, String> basic() {
    Map<String, String> environment = named(SYSTEM::contains);
    environment.put("TMPDIR", temporaryFolder().toString());
    environment.put("LC_ALL", locale());
    return environment;
  }

  /** Returns the Millrace settings for the three services. */
  public Map<String, String> settings() {
    return named(SETTING.asMatchPredicate());
  }

  /** Returns the variables that the PyTorch engine reads, for trainer and inference. */
  public Map<String, String> engine(Home home) {
    Map<String, String> environment = named(ENGINE.asMatchPredicate());
    if (!isWritableFolder(Path.of(System.getProperty("user.home")))) {
      // DJL would use the temporary folder, where executing files is often forbidden.
      Path user = userHome(home);
      Path folder = isWritableFolder(user) ? user : home.root();
      environment.putIfAbsent("DJL_CACHE_DIR", folder.resolve(".djl.ai").toString());
    }
    return environment;
  }

  private Map<String, String> named(Predicate<String> wanted) {
    Map<String, String> environment = new TreeMap<>(shell);
    environment.keySet().removeIf(wanted.negate());
    return environment;
  }

  /**
   * Returns a locale in which Java encodes file names in UTF-8, whatever the user's locale is. The
   * start script has chosen an installed one. C.UTF-8 exists on almost every system.
   */
  private String locale() {
    boolean utf8 = "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));
    return utf8 ? shell.getOrDefault("LC_ALL", UTF_8) : UTF_8;
  }

  /**
   * Returns the folder of temporary files: {@code TMPDIR}, or Java's default.
   *
   * @throws CommandFailedException if the folder is not writable
   */
  public Path temporaryFolder() {
    String set = shell.getOrDefault("TMPDIR", "");
    Path folder =
        set.isEmpty() ? Path.of(System.getProperty("java.io.tmpdir")) : Paths.of("TMPDIR", set);
    if (!isWritableFolder(folder)) {
      throw new CommandFailedException(
          "cannot write to the folder for temporary files, %s; set TMPDIR to a writable folder"
              .formatted(folder));
    }
    return folder.toAbsolutePath();
  }

  /**
   * Returns the user's home folder. If there is none, as for a container's user without an entry in
   * the user database, returns the stack's home.
   */
  Path userHome(Home home) {
    for (String folder :
        new String[] {shell.getOrDefault("HOME", ""), System.getProperty("user.home", "")}) {
      // Java returns "?" for a user without an entry.
      if (folder.startsWith("/")) {
        return Paths.of("HOME", folder);
      }
    }
    return home.root();
  }

  /**
   * Returns the default folder of datasets: in the user's home folder if it is writable, or else in
   * the stack's home.
   */
  public Path dataFolder(Home home) {
    Path user = userHome(home);
    Path cache = Path.of(".cache", "millrace");
    boolean usable = isWritableFolder(user) || Files.isDirectory(user.resolve(cache));
    return (usable ? user : home.root()).resolve(cache);
  }

  public String get(String name) {
    return shell.get(name);
  }

  private static boolean isWritableFolder(Path folder) {
    return Files.isDirectory(folder) && Files.isWritable(folder);
  }
}
