package dev.millrace.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.testing.TestImages;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that pictures with harmless flaws are decoded to the pixels of the flawless picture, and
 * that pictures with missing pixels are refused. The fixtures are one picture, written by Pillow in
 * several ways.
 */
class FlawedImagesTest {
  private static final String PNG = "image/png";
  private static final String JPEG = "image/jpeg";
  private static final int JFIF_END = 20;

  private final byte[] jpeg = fixture("baseline.jpg");
  private final byte[] png = fixture("plain.png");

  private static byte[] fixture(String name) {
    try (var in = FlawedImagesTest.class.getResourceAsStream("/pictures/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] hex(String bytes) {
    return HexFormat.of().parseHex(bytes.replace(" ", ""));
  }

  /** Returns the bytes of a file with more bytes inserted at an index. */
  private static byte[] with(byte[] file, int at, byte[] more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, at);
    out.writeBytes(more);
    out.write(file, at, file.length - at);
    return out.toByteArray();
  }

  private static byte[] segment(int marker, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0xff);
    out.write(marker);
    out.write(data.length + 2 >> 8);
    out.write(data.length + 2);
    out.writeBytes(data);
    return out.toByteArray();
  }

  private static byte[] profile(byte[] icc) {
    return segment(0xe2, with(icc, 0, "ICC_PROFILE\0\1\1".getBytes(StandardCharsets.ISO_8859_1)));
  }

  private byte[] withoutJfif() {
    return with(Arrays.copyOf(jpeg, 2), 2, Arrays.copyOfRange(jpeg, JFIF_END, jpeg.length));
  }

  private static byte[] adobe(int transform) {
    byte[] data = Arrays.copyOf("Adobe\0d".getBytes(StandardCharsets.US_ASCII), 12);
    data[11] = (byte) transform;
    return segment(0xee, data);
  }

  private void assertSameAsJpeg(byte[] flawed) {
    assertThat(ImageDecoder.decode(flawed, JPEG).pixels())
        .isEqualTo(ImageDecoder.decode(jpeg, JPEG).pixels());
  }

  private void assertSameAsPng(byte[] flawed) {
    assertThat(ImageDecoder.decode(flawed, PNG).pixels())
        .isEqualTo(ImageDecoder.decode(png, PNG).pixels());
  }

  private static void assertRefused(byte[] picture, String type, String says) {
    assertThatThrownBy(() -> ImageDecoder.decode(picture, type))
        .isInstanceOf(UnusableImageException.class)
        .hasMessageContaining(says);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "baseline.jpg",
        "progressive.jpg",
        "restart-markers.jpg",
        "no-huffman-tables.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "components-012.jpg",
        "components-rgb.jpg",
        "interlaced.png",
        "sixteen-bits.png"
      })
  void everyWayToWriteThePictureGivesIt(String name) {
    byte[] expected = ImageDecoder.decode(png, PNG).pixels();
    byte[] found = ImageDecoder.decode(fixture(name), name.endsWith(".png") ? PNG : JPEG).pixels();
    long difference = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.abs((expected[i] & 255) - (found[i] & 255));
    }
    assertThat(difference / (double) expected.length).isLessThan(name.endsWith(".png") ? .01 : 4);
  }

  @Test
  void acceptsAnyRevisionOfJfif() {
    for (String revision : new String[] {"00 00", "01 00", "02 01", "ff ff"}) {
      byte[] flawed = jpeg.clone();
      System.arraycopy(hex(revision), 0, flawed, 11, 2);
      assertSameAsJpeg(flawed);
    }
  }

  @Test
  void ignoresBytesOutsideOfSegments() {
    byte[] junk = new byte[199];
    Arrays.setAll(new int[junk.length], i -> junk[i] = (byte) (i + 1));
    assertSameAsJpeg(with(jpeg, jpeg.length - 2, junk));
    assertSameAsJpeg(with(jpeg, jpeg.length - 2, hex("01 ff 3a 05 ff ff")));
    assertSameAsJpeg(with(jpeg, jpeg.length, junk));
    assertSameAsJpeg(with(jpeg, jpeg.length, jpeg));
    assertSameAsJpeg(with(jpeg, JFIF_END, junk));
    assertSameAsJpeg(with(jpeg, JFIF_END, hex("01 ff 00 05 ff 3a 07")));
    assertSameAsJpeg(with(jpeg, 2, hex("ff ff ff")));
  }

  @Test
  void ignoresBytesBetweenTheScansOfAProgressiveJpeg() {
    byte[] progressive = fixture("progressive.jpg");
    int scan = progressive.length - 2;
    while (progressive[scan] != (byte) 0xff || progressive[scan + 1] != (byte) 0xda) {
      scan--;
    }
    byte[] expected = ImageDecoder.decode(progressive, JPEG).pixels();
    for (int at : new int[] {scan, progressive.length - 2}) {
      byte[] flawed = with(progressive, at, hex("01 02 03"));
      assertThat(ImageDecoder.decode(flawed, JPEG).pixels()).isEqualTo(expected);
    }
  }

  @Test
  void ignoresAnInvalidColourProfileWithANote() {
    byte[] rgb = ICC_Profile.getInstance(ColorSpace.CS_sRGB).getData();
    byte[] broken = rgb.clone();
    Arrays.fill(broken, 128, 300, (byte) 0xff);
    byte[] other = ICC_Profile.getInstance(ColorSpace.CS_GRAY).getData();
    for (byte[] icc :
        new byte[][] {
          "garbage".repeat(30).getBytes(), new byte[0], Arrays.copyOf(rgb, 200), broken, other
        }) {
      byte[] flawed = with(jpeg, JFIF_END, profile(icc));
      assertSameAsJpeg(flawed);
      assertThat(ImageDecoder.decode(flawed, JPEG).notes())
          .contains("its colour profile is invalid and was ignored");
    }
    byte[] wrongNumber =
        segment(0xe2, "ICC_PROFILE\0\0\0abc".getBytes(StandardCharsets.ISO_8859_1));
    assertSameAsJpeg(with(jpeg, JFIF_END, wrongNumber));
  }

  @Test
  void usesAValidColourProfile() {
    byte[] linear = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    DecodedImage converted = ImageDecoder.decode(with(jpeg, JFIF_END, profile(linear)), JPEG);
    assertThat(converted.notes()).containsExactly("resized from 48x40 to 32x32");
    assertThat(converted.pixels()).isNotEqualTo(ImageDecoder.decode(jpeg, JPEG).pixels());
  }

  @Test
  void treatsAnUnknownAdobeTransformAsYCbCr() {
    for (int transform : new int[] {1, 2, 7, 255}) {
      assertSameAsJpeg(with(withoutJfif(), 2, adobe(transform)));
      assertSameAsJpeg(with(jpeg, JFIF_END, adobe(transform)));
    }
    assertSameAsJpeg(with(jpeg, JFIF_END, adobe(0)));
    assertSameAsJpeg(with(jpeg, JFIF_END, segment(0xee, "Adobe".getBytes())));
  }

  @Test
  void ignoresApplicationSegments() {
    assertSameAsJpeg(withoutJfif());
    byte[] markers = hex("ff d9 ff da ff d8 ff c0 ff");
    for (int marker = 0xe0; marker <= 0xfe; marker++) {
      assertSameAsJpeg(with(jpeg, JFIF_END, segment(marker, markers)));
      assertSameAsJpeg(with(jpeg, JFIF_END, segment(marker, new byte[0])));
    }
    assertSameAsJpeg(with(jpeg, JFIF_END, hex("ff e5 00 00")));
    assertSameAsJpeg(with(jpeg, JFIF_END, hex("ff fe 00 01")));
    assertSameAsJpeg(with(jpeg, JFIF_END, segment(0xe0, "JFIF\0".getBytes())));
    assertSameAsJpeg(with(jpeg, JFIF_END, Arrays.copyOfRange(jpeg, 2, JFIF_END)));
  }

  @Test
  void ignoresWrongScanParametersOfABaselineJpeg() {
    byte[] flawed = jpeg.clone();
    int scan = 0;
    while (flawed[scan] != (byte) 0xff || flawed[scan + 1] != (byte) 0xda) {
      scan++;
    }
    flawed[scan + 12] = 0;
    assertSameAsJpeg(flawed);
  }

  @Test
  void refusesDamageThatCostsPixels() {
    assertRefused(Arrays.copyOf(jpeg, jpeg.length - 2), JPEG, "truncated");
    assertRefused(Arrays.copyOf(jpeg, jpeg.length * 3 / 4), JPEG, "truncated");
    byte[] half = with(Arrays.copyOf(jpeg, jpeg.length * 3 / 4), jpeg.length * 3 / 4, hex("ffd9"));
    assertRefused(half, JPEG, "premature end of data segment");
    // The reader reports only the first warning; a harmless one must not hide the loss.
    byte[] hidden = half.clone();
    System.arraycopy(hex("02 01"), 0, hidden, 11, 2);
    assertRefused(with(hidden, JFIF_END, hex("01 02")), JPEG, "premature end of data segment");
    byte[] restarts = fixture("restart-markers.jpg");
    for (int i = 0; i < restarts.length - 1; i++) {
      if (restarts[i] == (byte) 0xff && restarts[i + 1] == (byte) 0xd1) {
        restarts[i + 1] = (byte) 0xd5;
      }
    }
    assertRefused(restarts, JPEG, "restart marker 1 is missing");
  }

  @Test
  void classifiesAllWarningsOfLibjpeg() {
    assertThat(JpegWarning.isLoss("Corrupt JPEG data: 25 extraneous bytes before marker 0xd9"))
        .isFalse();
    assertThat(
            JpegWarning.isLoss("Inconsistent progression sequence for component 1 coefficient 5"))
        .isFalse();
    for (String loss :
        new String[] {
          "Corrupt JPEG data: premature end of data segment",
          "Corrupt JPEG data: bad Huffman code",
          "Corrupt JPEG data: bad arithmetic code",
          "Corrupt JPEG data: found marker 0xd5 instead of RST3",
          "Premature end of JPEG file",
          "Premature end of input file",
          "one that nobody knows"
        }) {
      assertThat(JpegWarning.isLoss(loss)).as(loss).isTrue();
    }
  }

  @Test
  void honoursTheExifOrientationOfAPng() throws IOException {
    byte[] tiff = hex("4d4d 002a 00000008 0001 0112 0003 00000001 0006 0000 00000000");
    DecodedImage upright = ImageDecoder.decode(png, PNG);
    DecodedImage turned = ImageDecoder.decode(with(png, 33, TestImages.chunk("eXIf", tiff)), PNG);
    assertThat(turned.pixels()).isEqualTo(Orientation.upright(upright, 6).pixels());
    assertThat(turned.notes()).contains("rotated by its EXIF orientation 6");
    assertSameAsPng(with(png, 33, TestImages.chunk("eXIf", Arrays.copyOf(tiff, 12))));
    assertSameAsPng(with(png, 33, damagedChunk("eXIf", tiff)));
  }

  private static byte[] damagedChunk(String type, byte[] data) throws IOException {
    byte[] chunk = TestImages.chunk(type, data);
    chunk[chunk.length - 1] ^= 1;
    return chunk;
  }

  @Test
  void ignoresAncillaryChunksOfAPng() throws IOException {
    byte[] palette =
        TestImages.encode(TestImages.gradient(48, 40, BufferedImage.TYPE_BYTE_INDEXED), "png");
    byte[] expected = ImageDecoder.decode(palette, PNG).pixels();
    for (String type :
        new String[] {
          "gAMA", "cHRM", "iCCP", "sRGB", "tEXt", "zTXt", "iTXt", "bKGD", "pHYs", "sBIT", "hIST",
          "tIME", "sPLT", "abCd", "acTL"
        }) {
      for (byte[] data : new byte[][] {new byte[0], new byte[1], "a\0\0rubbish".getBytes()}) {
        assertSameAsPng(with(png, 33, TestImages.chunk(type, data)));
        assertSameAsPng(with(png, 33, damagedChunk(type, data)));
        assertSameAsPng(with(png, png.length - 12, damagedChunk(type, data)));
        byte[] flawed = with(palette, 33, TestImages.chunk(type, data));
        assertThat(ImageDecoder.decode(flawed, PNG).pixels()).as(type).isEqualTo(expected);
      }
    }
    assertSameAsPng(with(png, png.length, "behind the end".getBytes()));
    assertSameAsPng(Arrays.copyOf(png, png.length - 12));
    assertSameAsPng(Arrays.copyOf(png, png.length - 5));
  }

  @Test
  void refusesAPngWithDamagedPixels() throws IOException {
    byte[] header = png.clone();
    header[30] ^= 1;
    assertRefused(header, PNG, "the checksum of its chunk IHDR is wrong");
    assertRefused(with(png, 33, TestImages.chunk("CgBI", new byte[4])), PNG, "CgBI");
    byte[] pixels = png.clone();
    pixels[png.length - 12 - 6] ^= 1; // in the pixels' own checksum
    assertRefused(pixels, PNG, "damaged");
  }

  @Test
  void showsTransparencyOfPalettesAndColoursOnWhite() throws IOException {
    byte[] grey = hex("00 40");
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x40);
    byte[] keyed = with(TestImages.encode(image, "png"), 33, TestImages.chunk("tRNS", grey));
    assertThat(ImageDecoder.decode(keyed, PNG).pixels()[0] & 255).isEqualTo(255);
    assertThat(ImageDecoder.decode(keyed, PNG).pixels()[1]).isZero();
    byte[] damaged = with(TestImages.encode(image, "png"), 33, damagedChunk("tRNS", grey));
    assertThat(ImageDecoder.decode(damaged, PNG).pixels()[0]).isEqualTo((byte) 0x40);
  }
}
