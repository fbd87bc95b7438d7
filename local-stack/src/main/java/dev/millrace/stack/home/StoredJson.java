package dev.millrace.stack.home;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads JSON files that other processes wrote into a home. */
public final class StoredJson {
  private StoredJson() {}

  /**
   * Returns whether a file exists and holds a JSON object. A damaged file may be replaced later.
   */
  public static boolean isObject(Path file) {
    try {
      return Files.exists(file) && Json.read(Files.readAllBytes(file), JsonNode.class).isObject();
    } catch (IOException | MalformedException e) {
      return false;
    }
  }

  /**
   * Reads a value.
   *
   * @param remedy what the user must do if the file is damaged
   * @throws CommandFailedException if the file is damaged; the message names it
   */
  public static <T> T read(Path file, Class<T> type, String remedy) {
    try {
      return Json.read(Files.readAllBytes(file), type);
    } catch (IOException | MalformedException e) {
      throw new CommandFailedException(
          "%s is damaged (%s); %s".formatted(file, Reason.of(e), remedy));
    }
  }
}
