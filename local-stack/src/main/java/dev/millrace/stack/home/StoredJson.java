package dev.millrace.stack.home;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads JSON files that other processes wrote into a home. */
public final class StoredJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StoredJson() {}

  /**
   * Returns whether a file exists and holds a JSON object. A damaged file may be replaced later.
   */
  public static boolean isObject(Path file) {
    try {
      return Files.exists(file) && JSON.readTree(Files.readAllBytes(file)).isObject();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Reads an object.
   *
   * @param remedy what the user must do if the file is damaged
   * @throws StackException if the file is damaged; the message names it
   */
  public static JsonNode read(Path file, String remedy) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      if (json.isObject()) {
        return json;
      }
      throw new StackException("%s is damaged (it holds no object); %s".formatted(file, remedy));
    } catch (IOException e) {
      throw new StackException("%s is damaged (%s); %s".formatted(file, Reason.of(e), remedy));
    }
  }
}
