package dev.millrace.stack;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;

/** Secrets of a home, and settings that hold them, in files that only their owner may read. */
final class PrivateFiles {
  private final Home home;

  PrivateFiles(Home home) {
    this.home = home;
  }

  /** This home's own S3 keys, made at random the first time. */
  Properties s3Keys() {
    Path file = home.run("s3-keys.properties");
    Properties keys = new Properties();
    try {
      if (Files.exists(file)) {
        try (var in = Files.newBufferedReader(file)) {
          keys.load(in);
        }
        return keys;
      }
    } catch (IOException e) {
      throw new StackException("cannot read %s (%s)".formatted(file, e));
    }
    byte[] random = new byte[30];
    new SecureRandom().nextBytes(random);
    String hex = HexFormat.of().formatHex(random);
    keys.put("accessKey", hex.substring(0, 20));
    keys.put("secretKey", hex.substring(20));
    write("s3-keys.properties", keys);
    return keys;
  }

  /** This home's own secret for promote, rollback, pin and unpin, made at random the first time. */
  String adminToken() {
    Path file = home.adminToken();
    try {
      if (Files.exists(file)) {
        return Files.readString(file).strip();
      }
    } catch (IOException e) {
      throw new StackException("cannot read %s (%s)".formatted(file, e));
    }
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    write(file.getFileName().toString(), token + "\n");
    return token;
  }

  Path write(String name, Properties properties) {
    StringWriter text = new StringWriter();
    try {
      properties.store(text, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // of memory; cannot be
    }
    return write(name, text.toString());
  }

  /** For this user's eyes only. */
  private Path write(String name, String text) {
    Path file = home.run(name);
    Path temporary = home.run(name + ".new");
    try {
      Files.deleteIfExists(temporary);
      Files.createFile(
          temporary,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(temporary, text);
      Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new StackException("cannot write %s (%s)".formatted(file, e));
    }
  }
}
