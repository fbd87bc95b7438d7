package dev.millrace.protocol.stream;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A trainer's request to ingest to publish records of a partition again, because they were deleted
 * before training used them. The request is stored in the metadata of the offset that the trainer
 * commits, as {@code resend=EPOCH/BATCH@FROM}, until the trainer has received the records.
 *
 * @param epoch epoch of the first record that is needed, from 1
 * @param batch index of the first record that is needed, from 0; for the end of an epoch, the
 *     number of minibatches in this epoch
 * @param from the first offset that the partition still had when the loss was detected; identifies
 *     the loss
 */
public record ResendRequest(int epoch, int batch, long from) {
  private static final Pattern FORM = Pattern.compile("resend=(\\d{1,9})/(\\d{1,9})@(\\d{1,18})");

  /** Returns the request as the metadata of a committed offset. */
  public String metadata() {
    return "resend=%d/%d@%d".formatted(epoch, batch, from);
  }

  /** Reads a request from the metadata of a committed offset. Returns empty if there is none. */
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

  /** Returns whether this request is for an earlier position than another one. */
  public boolean isBefore(ResendRequest other) {
    return epoch < other.epoch || epoch == other.epoch && batch < other.batch;
  }
}
