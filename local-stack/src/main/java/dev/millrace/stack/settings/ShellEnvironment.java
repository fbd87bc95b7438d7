package dev.millrace.stack.settings;

import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import dev.millrace.stack.home.StackException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The part of the user's environment that the launcher passes to its processes. Nothing else
 * reaches them, because names such as {@code KAFKA_BOOTSTRAP_SERVERS}, {@code QUARKUS_HTTP_PORT} or
 * {@code JAVA_TOOL_OPTIONS} would change what a process does.
 */
public final class ShellEnvironment {
  private static final Set<String> SYSTEM = Set.of("PATH", "HOME", "USER", "LOGNAME", "TZ");

  /** Where the engine finds its libraries and GPUs. */
  private static final Pattern ENGINE =
      Pattern.compile("(CUDA|NVIDIA|PYTORCH|DJL)_[A-Z0-9_]+|ENGINE_CACHE_DIR|LD_LIBRARY_PATH");

  private static final Pattern SETTING = Pattern.compile("MILLRACE_[A-Z0-9_]+");

  private static final String UTF_8 = "C.UTF-8";

  private final Map<String, String> shell;

  public ShellEnvironment(Map<String, String> shell) {
    this.shell = Map.copyOf(shell);
  }

  /** What every process gets: the system's basic variables and a UTF-8 locale. */
  public Map<String, String> basic() {
    Map<String, String> environment = named(SYSTEM::contains);
    environment.put("TMPDIR", temporaryFolder().toString());
    environment.put("LC_ALL", locale());
    return environment;
  }

  /** The Millrace settings, which the three services get. */
  public Map<String, String> settings() {
    return named(SETTING.asMatchPredicate());
  }

  /** What the PyTorch engine reads; trainer and inference get it. */
  public Map<String, String> engine(Home home) {
    Map<String, String> environment = named(ENGINE.asMatchPredicate());
    if (!isWritableFolder(Path.of(System.getProperty("user.home")))) {
      // DJL would fall back to the temporary folder, where programs often cannot be run from.
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
   * The locale in which Java names files in UTF-8, whatever the user's is. The script has chosen
   * one that this machine has; C.UTF-8 is nearly everywhere.
   */
  private String locale() {
    boolean utf8 = "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));
    return utf8 ? shell.getOrDefault("LC_ALL", UTF_8) : UTF_8;
  }

  /**
   * The folder of temporary files: {@code TMPDIR}, or Java's.
   *
   * @throws StackException if it cannot be written
   */
  public Path temporaryFolder() {
    String set = shell.getOrDefault("TMPDIR", "");
    Path folder =
        set.isEmpty() ? Path.of(System.getProperty("java.io.tmpdir")) : Paths.of("TMPDIR", set);
    if (!isWritableFolder(folder)) {
      throw new StackException(
          "the folder for temporary files, %s, cannot be written; set TMPDIR to one that can"
              .formatted(folder));
    }
    return folder.toAbsolutePath();
  }

  /** The user's home folder; without one, as in containers without a user entry, our own home. */
  Path userHome(Home home) {
    for (String folder :
        new String[] {shell.getOrDefault("HOME", ""), System.getProperty("user.home", "")}) {
      // Java says "?" if the user has no entry.
      if (folder.startsWith("/")) {
        return Paths.of("HOME", folder);
      }
    }
    return home.root();
  }

  /** Where datasets are kept by default: in the user's home folder, or else in the stack's. */
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
