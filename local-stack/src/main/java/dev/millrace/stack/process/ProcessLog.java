package dev.millrace.stack.process;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The log file of a process. A restarted process appends to it. */
public final class ProcessLog {
  private static final String USER_PREFIX = "millrace: ";
  private static final int TAIL_BYTES = 64 << 10;

  private final Path file;
  private long begin;

  public ProcessLog(Path file) {
    this.file = file;
  }

  public Path file() {
    return file;
  }

  /** Marks the start of the process: earlier content comes from its predecessors. */
  public void begin() {
    try {
      begin = Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new CommandFailedException("cannot read %s (%s)".formatted(file, Reason.of(e)));
    }
  }

  /** Returns the last message that a service wrote for the user, or an empty string. */
  String lastUserMessage() {
    return lastUserMessage(tail());
  }

  private static String lastUserMessage(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(USER_PREFIX))
        .reduce("", (a, b) -> b)
        .replaceFirst(USER_PREFIX, "");
  }

  /** Returns the last message for the user, or else the last line of the log. Never empty. */
  public String lastMessage() {
    List<String> lines = tail();
    String userMessage = lastUserMessage(lines);
    if (!userMessage.isEmpty()) {
      return userMessage;
    }
    // Lines of a stack trace begin with whitespace.
    return lines.stream()
        .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
        .reduce((a, b) -> b)
        .orElse("it wrote nothing to its log");
  }

  private List<String> tail() {
    if (!Files.exists(file)) {
      return List.of();
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long from = Math.max(begin, channel.size() - TAIL_BYTES);
      ByteBuffer tail = ByteBuffer.allocate((int) Math.max(0, channel.size() - from));
      while (tail.hasRemaining() && channel.read(tail, from + tail.position()) >= 0) {}
      return new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of("its log %s cannot be read (%s)".formatted(file, Reason.of(e)));
    }
  }
}
