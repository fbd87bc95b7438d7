package dev.millrace.protocol.stream;

import dev.millrace.protocol.Split;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A running digest of an epoch's minibatches on one partition, as a chain: d₀ =
 * SHA-256(stream/split/epoch), dᵢ₊₁ = SHA-256(dᵢ ‖ valueᵢ). Its state is one hash, so that a
 * checkpoint in mid-epoch can hold it, which the state of a plain SHA-256 over all values could
 * not.
 */
public record EpochDigest(String value) {

  public static EpochDigest begin(String stream, Split split, int epoch) {
    // Not by a format: some locales have digits of their own.
    String start = stream + "/" + split.wireName() + "/" + epoch;
    return new EpochDigest(hex(sha256().digest(start.getBytes(StandardCharsets.UTF_8))));
  }

  /**
   * @param minibatch the record's value, as it stands on Kafka
   */
  public EpochDigest add(byte[] minibatch) {
    MessageDigest sha = sha256();
    sha.update(HexFormat.of().parseHex(value));
    return new EpochDigest(hex(sha.digest(minibatch)));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}
