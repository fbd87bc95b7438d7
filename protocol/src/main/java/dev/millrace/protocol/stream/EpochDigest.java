package dev.millrace.protocol.stream;

import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.Split;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A running digest of the minibatches of an epoch on one partition. It is a chain: d₀ =
 * SHA-256(stream/split/epoch), dᵢ₊₁ = SHA-256(dᵢ ‖ valueᵢ). The state is one hash, so that a
 * checkpoint in mid-epoch can contain it. The state of a single SHA-256 over all values is not
 * accessible.
 */
public record EpochDigest(String value) {

  /** Returns the digest of an epoch before its first minibatch. */
  public static EpochDigest begin(String stream, Split split, int epoch) {
    // Not String.format, which uses other digits in some locales.
    String start = stream + "/" + split.wireName() + "/" + epoch;
    return new EpochDigest(hex(Sha256.create().digest(start.getBytes(StandardCharsets.UTF_8))));
  }

  /**
   * Returns the digest after the next minibatch.
   *
   * @param minibatch the value of the record on Kafka
   */
  public EpochDigest add(byte[] minibatch) {
    MessageDigest sha = Sha256.create();
    sha.update(HexFormat.of().parseHex(value));
    return new EpochDigest(hex(sha.digest(minibatch)));
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}
