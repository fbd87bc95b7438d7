package dev.millrace.inference.oip;

import static dev.millrace.inference.oip.ImageTensor.require;

import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the request parameters that this server supports. Unknown parameters are ignored. */
public final class Parameters {
  /** Parameters of unsupported extensions. Ignoring them would give a wrong answer. */
  private static final Set<String> FOREIGN =
      Set.of("classification", "shared_memory_region", "shared_memory_byte_size");

  private static final long MAX_TIMEOUT_MICROS = Duration.ofDays(1).toNanos() / 1_000;

  private Parameters() {}

  public static boolean flag(Map<String, Object> parameters, String name) {
    Object value = parameters.getOrDefault(name, false);
    require(value instanceof Boolean, "the parameter %s must be true or false", name);
    return (Boolean) value;
  }

  public static long whole(Map<String, Object> parameters, String name) {
    Object value = parameters.get(name);
    try {
      return new BigDecimal(value.toString()).longValueExact();
    } catch (NumberFormatException | ArithmeticException e) {
      throw new InvalidRequestException(
          "the parameter %s is '%s'; it must be a whole number".formatted(name, value), e);
    }
  }

  /** Reads the timeout in microseconds, as Triton's clients send it. Zero means none. */
  public static Optional<Duration> timeout(Map<String, Object> parameters) {
    if (!parameters.containsKey("timeout")) {
      return Optional.empty();
    }
    long micros = whole(parameters, "timeout");
    require(micros >= 0, "the parameter timeout is %d microseconds", micros);
    return micros == 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(1_000 * Math.min(micros, MAX_TIMEOUT_MICROS)));
  }

  public static void requireNoExtension(Map<String, Object> parameters) {
    for (String name : parameters.keySet()) {
      require(
          !FOREIGN.contains(name), "the extension with the parameter %s is not supported", name);
    }
  }

  public static void requireDistinct(List<RequestedOutput> outputs) {
    require(
        outputs.stream().map(RequestedOutput::output).distinct().count() == outputs.size(),
        "an output is asked for twice");
  }
}
