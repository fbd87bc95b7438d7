package dev.millrace.protocol.stream;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A trainer's request that ingest publish records of a partition again, because they were deleted
 * before they were trained. It stands in the metadata of the offset that the trainer commits,
 * {@code resend=EPOCH/BATCH@FROM}, until the trainer has what it asked for.
 *
 * @param epoch of the first record that is needed, from 1
 * @param batch of the first record that is needed, from 0; the epoch's count of minibatches for its
 *     end
 * @param from the first offset that the partition still had when the loss was noticed; tells one
 *     loss from the next
 */
public record ResendRequest(int epoch, int batch, long from) {
  private static final Pattern FORM = Pattern.compile("resend=(\\d{1,9})/(\\d{1,9})@(\\d{1,18})");

  /** Returns the request as the metadata of a committed offset. */
  public String metadata() {
    return "resend=%d/%d@%d".formatted(epoch, batch, from);
  }

  /** Reads the metadata of a committed offset; empty if it holds no request. */
  public static Optional<ResendRequest> of(String metadata) {
    Matcher matcher = FORM.matcher(metadata);
    return matcher.matches()
        ? Optional.of(
            new ResendRequest(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Long.parseLong(matcher.group(3))))
        : Optional.empty();
  }

  /** Returns whether this request is for an earlier place than another. */
  public boolean isBefore(ResendRequest other) {
    return epoch < other.epoch || epoch == other.epoch && batch < other.batch;
  }
}
