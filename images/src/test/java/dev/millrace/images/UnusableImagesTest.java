package dev.millrace.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.images.UnusableImageException.Kind;
import dev.millrace.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Checks that bytes that are not a picture, or no longer one, are refused without any other
 * failure.
 */
class UnusableImagesTest {
  private static final String PNG = "image/png";
  private static final String JPEG = "image/jpeg";

  @Test
  void ignoresDamagedExif() {
    byte[] jpeg = TestImages.jpeg(32, 32);
    byte[] upright = ImageDecoder.decode(jpeg, JPEG).pixels();
    assertThat(
            ImageDecoder.decode(TestImages.withOrientation(jpeg, 9, ByteOrder.BIG_ENDIAN), JPEG)
                .pixels())
        .isEqualTo(upright);
    byte[] good = TestImages.withOrientation(jpeg, 6, ByteOrder.BIG_ENDIAN);
    for (int i = 2; i < 38; i++) {
      byte[] damaged = good.clone();
      damaged[i] ^= (byte) 0xff;
      decodedOrRefused(damaged, JPEG);
    }
  }

  @Test
  void refusesEmptyBodiesAndOtherTypes() {
    assertRefused(new byte[0], PNG, Kind.EMPTY, "no image");
    assertRefused(new byte[3], "text/plain", Kind.UNSUPPORTED_TYPE, "text/plain");
    assertRefused(new byte[3], null, Kind.UNSUPPORTED_TYPE, "content type");
    assertRefused(TestImages.png(32, 32), "image/webp", Kind.UNSUPPORTED_TYPE, "image/webp");
    assertRefused(new byte[3073], "application/octet-stream", Kind.UNREADABLE, "3072");
    assertRefused(
        "a text".getBytes(StandardCharsets.UTF_8),
        PNG,
        Kind.UNREADABLE,
        "neither a PNG nor a JPEG");
  }

  @Test
  void refusesTooManyPixelsByTheHeader() {
    assertRefused(TestImages.blackPng(30_000, 30_000), PNG, Kind.TOO_LARGE, "30000x30000");
    assertRefused(TestImages.blackPng(100_000_000, 1), PNG, Kind.TOO_LARGE, "100000000x1");
  }

  @Test
  void refusesEveryTruncationOfAPng() {
    byte[] png = TestImages.png(8, 8);
    int end = png.length - 12; // of the pixels; only the IEND chunk follows
    for (int length = 1; length < end; length++) {
      assertRefused(Arrays.copyOf(png, length), PNG, Kind.UNREADABLE, "");
    }
  }

  @Test
  void refusesEveryTruncationOfAJpeg() {
    byte[] jpeg = TestImages.jpeg(16, 16);
    for (int length = 1; length < jpeg.length; length++) {
      assertRefused(Arrays.copyOf(jpeg, length), JPEG, Kind.UNREADABLE, "");
    }
  }

  @Test
  void decodesOrRefusesAnImageWithAFlippedByte() {
    eachByteFlipped(TestImages.png(16, 16), PNG);
    eachByteFlipped(TestImages.jpeg(16, 16), JPEG);
  }

  private static void eachByteFlipped(byte[] picture, String type) {
    for (int i = 0; i < picture.length; i++) {
      byte[] damaged = picture.clone();
      damaged[i] ^= (byte) 0x55;
      decodedOrRefused(damaged, type);
    }
  }

  @Test
  void hugeChunkLengthAllocatesNothing() throws IOException {
    byte[] png = TestImages.png(8, 8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(png, 0, 33);
    out.write(ByteBuffer.allocate(8).putInt(0x7ffffff0).put("PLTE".getBytes()).array());
    out.write(png, 33, png.length - 33);

    assertRefused(out.toByteArray(), PNG, Kind.UNREADABLE, "damaged");
  }

  private static void decodedOrRefused(byte[] content, String type) {
    try {
      assertThat(ImageDecoder.decode(content, type).pixels()).hasSize(3072);
    } catch (UnusableImageException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  private static void assertRefused(byte[] content, String type, Kind kind, String says) {
    assertThatThrownBy(() -> ImageDecoder.decode(content, type))
        .isInstanceOfSatisfying(
            UnusableImageException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(says);
  }
}
