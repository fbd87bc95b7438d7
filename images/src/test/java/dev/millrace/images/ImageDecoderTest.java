package dev.millrace.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.testing.TestImages;
import java.awt.image.BufferedImage;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
  private static final String PNG = "image/png";
  private static final String JPEG = "image/jpeg";
  private static final int PLANE = 32 * 32;

  @Test
  void keepsEveryPixelOfA32x32Png() {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    byte[] expected = new byte[3 * PLANE];
    for (int i = 0; i < PLANE; i++) {
      int rgb = random.nextInt(1 << 24);
      image.setRGB(i % 32, i / 32, rgb);
      expected[i] = (byte) (rgb >> 16);
      expected[PLANE + i] = (byte) (rgb >> 8);
      expected[2 * PLANE + i] = (byte) rgb;
    }

    DecodedImage decoded = ImageDecoder.decode(TestImages.encode(image, "png"), PNG);

    assertThat(decoded.pixels()).isEqualTo(expected);
    assertThat(decoded.notes()).isEmpty();
  }

  @Test
  void passesRawBytesThrough() {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    new Random(3).nextBytes(pixels);
    assertThat(ImageDecoder.decode(pixels, "application/octet-stream").pixels()).isEqualTo(pixels);
  }

  @Test
  void acceptsContentTypesWithParametersInAnyCase() {
    byte[] png = TestImages.png(32, 32);
    assertThat(ImageDecoder.decode(png, "Image/PNG; charset=binary").notes()).isEmpty();
    assertThat(ImageDecoder.decode(png, "image/jpg").notes()).isEmpty();
  }

  @Test
  void averagesALargerPictureByArea() {
    BufferedImage image = new BufferedImage(64, 96, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(2);
    for (int i = 0; i < 64 * 96; i++) {
      image.setRGB(i % 64, i / 64, random.nextInt(1 << 24));
    }
    DecodedImage decoded = ImageDecoder.decode(TestImages.encode(image, "png"), PNG);

    for (int i = 0; i < PLANE; i++) {
      int sum = 0;
      for (int dy = 0; dy < 3; dy++) {
        for (int dx = 0; dx < 2; dx++) {
          sum += image.getRGB(i % 32 * 2 + dx, i / 32 * 3 + dy) >> 8 & 255;
        }
      }
      int green = decoded.pixels()[PLANE + i] & 255;
      assertThat(green).isBetween((int) Math.floor(sum / 6.0), (int) Math.ceil(sum / 6.0));
    }
    assertThat(decoded.notes()).containsExactly("resized from 64x96 to 32x32");
  }

  @Test
  void anySizeKeepsAPlainColourPlain() {
    for (int[] size : new int[][] {{1, 1}, {7, 300}, {31, 33}, {1000, 3}, {2000, 1500}}) {
      BufferedImage image = new BufferedImage(size[0], size[1], BufferedImage.TYPE_INT_RGB);
      for (int y = 0; y < size[1]; y++) {
        for (int x = 0; x < size[0]; x++) {
          image.setRGB(x, y, 0xc86432);
        }
      }
      byte[] pixels = ImageDecoder.decode(TestImages.encode(image, "png"), PNG).pixels();
      assertPlain(pixels, 0xc8, 0x64, 0x32);
    }
  }

  @Test
  void keepsGreyValues() {
    BufferedImage eight = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
    BufferedImage sixteen = new BufferedImage(32, 32, BufferedImage.TYPE_USHORT_GRAY);
    for (int i = 0; i < PLANE; i++) {
      eight.getRaster().setSample(i % 32, i / 32, 0, 128);
      sixteen.getRaster().setSample(i % 32, i / 32, 0, 128 << 8);
    }
    assertPlain(ImageDecoder.decode(TestImages.encode(eight, "png"), PNG).pixels(), 128, 128, 128);
    assertPlain(
        ImageDecoder.decode(TestImages.encode(eight, "jpeg"), JPEG).pixels(), 128, 128, 128);
    assertPlain(
        ImageDecoder.decode(TestImages.encode(sixteen, "png"), PNG).pixels(), 128, 128, 128);
  }

  @Test
  void acceptsPalettesAndOneBitPictures() {
    BufferedImage palette = TestImages.gradient(32, 32, BufferedImage.TYPE_BYTE_INDEXED);
    byte[] pixels = ImageDecoder.decode(TestImages.encode(palette, "png"), PNG).pixels();
    assertThat(pixels[5 * 32 + 9] & 255).isEqualTo(palette.getRGB(9, 5) >> 16 & 255);

    BufferedImage bit = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_BINARY);
    bit.setRGB(0, 0, 0xffffffff);
    byte[] bits = ImageDecoder.decode(TestImages.encode(bit, "png"), PNG).pixels();
    assertThat(bits[0] & 255).isEqualTo(255);
    assertThat(bits[1]).isZero();
  }

  @Test
  void rotatesByTheExifOrientation() {
    // The light corner, which the EXIF orientations 1 to 8 move to the top left.
    int[][] corners = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}, {0, 1}, {1, 1}, {1, 0}};
    for (int orientation = 1; orientation <= 8; orientation++) {
      BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
      int[] corner = corners[orientation - 1];
      for (int i = 0; i < 16 * 16; i++) {
        image.setRGB(corner[0] * 48 + i % 16, corner[1] * 48 + i / 16, 0xffffff);
      }
      for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
        byte[] jpeg =
            TestImages.withOrientation(TestImages.encode(image, "jpeg"), orientation, order);
        DecodedImage decoded = ImageDecoder.decode(jpeg, JPEG);
        assertThat(decoded.pixels()[0] & 255).as("orientation " + orientation).isGreaterThan(240);
        assertThat(decoded.pixels()[31] & 255).isLessThan(15);
        assertThat(decoded.pixels()[31 * 32] & 255).isLessThan(15);
        assertThat(decoded.notes()).hasSize(orientation == 1 ? 1 : 2);
      }
    }
  }

  @Test
  void distinguishesMirroringFromRotation() {
    BufferedImage image = TestImages.gradient(32, 32, BufferedImage.TYPE_INT_RGB);
    byte[] upright = ImageDecoder.decode(TestImages.encode(image, "jpeg"), JPEG).pixels();
    for (int orientation = 5; orientation <= 8; orientation++) {
      byte[] jpeg =
          TestImages.withOrientation(
              TestImages.encode(image, "jpeg"), orientation, ByteOrder.BIG_ENDIAN);
      byte[] turned = ImageDecoder.decode(jpeg, JPEG).pixels();
      int x = 5;
      int y = 3;
      int[] from =
          switch (orientation) {
            case 5 -> new int[] {y, x};
            case 6 -> new int[] {y, 31 - x};
            case 7 -> new int[] {31 - y, 31 - x};
            default -> new int[] {31 - y, x};
          };
      assertThat(turned[y * 32 + x]).isEqualTo(upright[from[1] * 32 + from[0]]);
    }
  }

  @Test
  void showsTransparencyOnWhiteWithANote() {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(1, 0, 0x80ff0000);
    DecodedImage decoded = ImageDecoder.decode(TestImages.encode(image, "png"), PNG);

    assertThat(decoded.pixels()[0] & 255).isEqualTo(255);
    assertThat(decoded.pixels()[1] & 255).isEqualTo(255);
    assertThat(decoded.pixels()[PLANE + 1] & 255).isEqualTo(127);
    assertThat(decoded.notes()).containsExactly("transparency shown on white");
  }

  private static void assertPlain(byte[] pixels, int red, int green, int blue) {
    for (int i = 0; i < PLANE; i++) {
      assertThat(pixels[i] & 255).isEqualTo(red);
      assertThat(pixels[PLANE + i] & 255).isEqualTo(green);
      assertThat(pixels[2 * PLANE + i] & 255).isEqualTo(blue);
    }
  }
}
