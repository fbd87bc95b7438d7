package dev.millrace.stack.home;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * The secrets of a home, and the settings that contain them. Only the owner may read these files. A
 * missing or damaged secret is generated again, because no stored data depends on it.
 */
public final class PrivateFiles {
  private static final Pattern ACCESS_KEY = Pattern.compile("[0-9a-f]{20}");
  private static final Pattern SECRET_KEY = Pattern.compile("[0-9a-f]{40}");

  /** A token that the user wrote is valid too, if it can be sent in an HTTP header. */
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{16,}");

  private final Home home;

  public PrivateFiles(Home home) {
    this.home = home;
  }

  /** Returns the S3 keys of this home. Generates random ones if there are none. */
  public Properties s3Keys() {
    Path file = home.run("s3-keys.properties");
    Properties keys = new Properties();
    if (Files.exists(file)) {
      try (var in = Files.newInputStream(file)) {
        keys.load(in);
      } catch (IllegalArgumentException e) {
        keys.clear(); // malformed Unicode escape
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    if (!ACCESS_KEY.matcher(keys.getProperty("accessKey", "")).matches()
        || !SECRET_KEY.matcher(keys.getProperty("secretKey", "")).matches()) {
      String hex = random(30);
      keys.clear();
      keys.put("accessKey", hex.substring(0, 20));
      keys.put("secretKey", hex.substring(20));
      write("s3-keys.properties", keys);
    }
    return keys;
  }

  /**
   * Returns the token for promote, rollback, pin and unpin. Generates a random one if there is
   * none.
   */
  public String adminToken() {
    Path file = home.adminToken();
    if (Files.exists(file)) {
      try {
        String token = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
        if (TOKEN.matcher(token).matches()) {
          return token;
        }
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    String token = random(32);
    AtomicFile.writeSecret(file, (token + "\n").getBytes(StandardCharsets.US_ASCII));
    return token;
  }

  private static String random(int bytes) {
    byte[] random = new byte[bytes];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  private static CommandFailedException unreadable(Path file, IOException e) {
    return new CommandFailedException(
        "cannot read %s (%s); remove it, and a new one is generated".formatted(file, Reason.of(e)));
  }

  /** Writes a properties file. Characters outside ASCII are escaped, so any charset can read it. */
  public Path write(String name, Properties properties) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      properties.store(text, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: the target is memory
    }
    Path file = home.run(name);
    AtomicFile.writeSecret(file, text.toByteArray());
    return file;
  }
}
