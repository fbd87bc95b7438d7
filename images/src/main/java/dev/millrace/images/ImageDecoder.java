package dev.millrace.images;

import dev.millrace.images.UnusableImageException.Kind;
import dev.millrace.protocol.stream.Minibatch;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A decoder from the bytes of an upload to the pixels of the network. It reads the header of an
 * image before it allocates memory for the pixels, and subsamples large images. Memory use is
 * therefore limited to a few MB, regardless of the size that an image declares. Stateless and
 * thread-safe.
 */
public final class ImageDecoder {
  /**
   * Maximum number of pixels: more than any camera's picture below the upload limit, and far fewer
   * than a decompression bomb.
   */
  static final long MAX_PIXELS = 32_000_000;

  /**
   * Number of pixels per axis, approximately, that remain for averaging when every n-th pixel is
   * read.
   */
  private static final int ENOUGH = 16 * Minibatch.WIDTH;

  /**
   * Number of pixels above which only one image is decoded at a time. For a progressive JPEG, the
   * decoder keeps all coefficients, up to 6 bytes per pixel.
   */
  private static final long LARGE_PIXELS = 4_000_000;

  private static final ReentrantLock ONE_LARGE = new ReentrantLock();
  private static final String RAW = "application/octet-stream";

  private ImageDecoder() {}

  /**
   * Decodes an image.
   *
   * @param contentType the content type as declared by the sender, with parameters; null if none
   *     was declared. A PNG that is declared as a JPEG is accepted, and the reverse, because the
   *     bytes identify the format.
   * @throws UnusableImageException if the bytes contain no classifiable image
   */
  public static DecodedImage decode(byte[] content, String contentType) {
    String type = mediaType(contentType);
    if (content == null || content.length == 0) {
      throw new UnusableImageException(
          Kind.EMPTY, "no image was sent; send a PNG, a JPEG or 3072 raw bytes as the body");
    }
    return switch (type) {
      case "image/png", "image/jpeg" -> picture(content, type);
      case RAW -> raw(content);
      default ->
          throw new UnusableImageException(
              Kind.UNSUPPORTED_TYPE,
              "content type '%s' is not supported; send image/png, image/jpeg, %s or multipart/form-data"
                  .formatted(type, RAW));
    };
  }

  /** Returns whether content of this type is raw pixels, which need no decoding. */
  public static boolean isRaw(String contentType) {
    return mediaType(contentType).equals(RAW);
  }

  private static String mediaType(String contentType) {
    String whole = contentType == null ? "" : contentType;
    String type = whole.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    return type.equals("image/jpg") ? "image/jpeg" : type;
  }

  private static DecodedImage raw(byte[] content) {
    if (content.length != Minibatch.IMAGE_BYTES) {
      throw new UnusableImageException(
          Kind.UNREADABLE,
          "%s must be exactly %d bytes (32x32 pixels as planes of red, green, blue); got %d"
              .formatted(RAW, Minibatch.IMAGE_BYTES, content.length));
    }
    return new DecodedImage(content.clone(), List.of());
  }

  private static DecodedImage picture(byte[] content, String type) {
    ImageFormat format =
        ImageFormat.of(content)
            .orElseThrow(
                () ->
                    new UnusableImageException(
                        Kind.UNREADABLE,
                        "declared %s, but the bytes are neither a PNG nor a JPEG".formatted(type)));
    PictureFile file = format.read(content);
    DecodedImage image = file instanceof JpegFile jpeg ? jpeg(jpeg) : pixels(file, file.content());
    return Orientation.upright(image, file.orientation());
  }

  /** Decodes a JPEG with its colour profile if the profile is usable, and otherwise without it. */
  private static DecodedImage jpeg(JpegFile file) {
    if (!file.colours().hasProfile()) {
      return pixels(file, file.content());
    }
    if (file.colours().profileFits()) {
      try {
        return pixels(file, file.contentWithProfile());
      } catch (UnusableImageException e) {
        if (e.kind() != Kind.UNREADABLE) {
          throw e;
        }
      }
    }
    DecodedImage image = pixels(file, file.content());
    List<String> notes = new ArrayList<>(image.notes());
    notes.add("its colour profile is invalid and was ignored");
    return new DecodedImage(image.pixels(), notes);
  }

  private static DecodedImage pixels(PictureFile file, byte[] content) {
    ImageReader reader = ImageIO.getImageReadersByFormatName(file.format().name()).next();
    try (var stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
      reader.setInput(stream, true, true);
      return read(reader, file);
    } catch (UnusableImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // For damaged files, the JDK's readers also throw many kinds of unchecked exceptions.
      throw damaged(file, e.getMessage() == null ? e.toString() : e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static UnusableImageException damaged(PictureFile file, String why, Exception cause) {
    return new UnusableImageException(
        Kind.UNREADABLE, "the %s is damaged: %s".formatted(file.format(), why), cause);
  }

  private static DecodedImage read(ImageReader reader, PictureFile file) throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if ((long) width * height > MAX_PIXELS) {
      throw new UnusableImageException(
          Kind.TOO_LARGE,
          "the image has %dx%d pixels; the limit is %d million"
              .formatted(width, height, MAX_PIXELS / 1_000_000));
    }
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceSubsampling(Math.max(1, width / ENOUGH), Math.max(1, height / ENOUGH), 0, 0);
    BufferedImage image = decode(reader, param, file, (long) width * height);
    if (file instanceof JpegFile) {
      // The JDK fills missing parts of a JPEG with grey and only warns. For missing pixels of a PNG
      // it throws an exception; its warnings for PNG files are about palettes.
      for (String warning : warnings) {
        if (JpegWarning.isLoss(warning)) {
          throw damaged(file, warning, null);
        }
      }
    }
    return AreaAverage.shrink(new RgbSource(image), width, height);
  }

  private static BufferedImage decode(
      ImageReader reader, ImageReadParam param, PictureFile file, long pixels) throws IOException {
    if (pixels <= LARGE_PIXELS) {
      return decode(reader, param, file);
    }
    ONE_LARGE.lock();
    try {
      return decode(reader, param, file);
    } finally {
      ONE_LARGE.unlock();
    }
  }

  private static BufferedImage decode(ImageReader reader, ImageReadParam param, PictureFile file)
      throws IOException {
    if (file instanceof JpegFile jpeg && jpeg.colours().components() == 4) {
      // The JDK's reader does not convert four inks to RGB.
      return Cmyk.toRgb(reader.readRaster(0, param), jpeg.colours());
    }
    return reader.read(0, param);
  }
}
