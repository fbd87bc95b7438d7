package dev.millrace.inference.upload;

import dev.millrace.images.DecodedImage;
import dev.millrace.images.UnusableImageException;
import dev.millrace.inference.upload.Form.Part;
import dev.millrace.inference.upload.UnusableUploadException.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * The pictures of one request.
 *
 * @param images at least one
 * @param files the name of each in a form; null for one without
 */
public record Upload(List<DecodedImage> images, List<String> files) {

  /**
   * @param declared the content type, as it came; null for none
   * @param maxImages pictures that a form may have
   * @throws UnusableUploadException if there is no picture in the body
   * @throws UnusableImageException if the only picture cannot be used
   */
  public static Upload read(byte[] body, String declared, int maxImages) {
    if (UploadedPicture.isPicture(body) || !Form.is(body, declared)) {
      return single(body, declared, null);
    }
    List<Part> parts = Form.pictures(body, declared);
    if (parts.size() > maxImages) {
      throw new UnusableUploadException(
          Kind.FORM,
          "the form has %d images; at most %d are taken in one request"
              .formatted(parts.size(), maxImages));
    }
    if (parts.size() == 1) {
      Part part = parts.get(0);
      return single(part.content(), part.type(), part.file());
    }
    List<DecodedImage> images = new ArrayList<>();
    List<String> files = new ArrayList<>();
    for (Part part : parts) {
      images.add(decode(part, images.size() + 1));
      files.add(part.file());
    }
    return new Upload(images, files);
  }

  /** Whether the body is pixels as they are, which cost nothing to decode. */
  public static boolean isRaw(byte[] body, String declared) {
    return UploadedPicture.isRaw(body, declared);
  }

  private static Upload single(byte[] content, String declared, String file) {
    List<String> files = new ArrayList<>();
    files.add(file);
    return new Upload(List.of(UploadedPicture.decode(content, declared)), files);
  }

  /** With the number of the picture in its error: there are several. */
  private static DecodedImage decode(Part part, int number) {
    String which = part.file() == null ? "image %d".formatted(number) : part.file();
    try {
      return UploadedPicture.decode(part.content(), part.type());
    } catch (UnusableUploadException e) {
      throw new UnusableUploadException(e.kind(), which + ": " + e.getMessage(), e);
    } catch (UnusableImageException e) {
      Kind kind =
          e.kind() == UnusableImageException.Kind.TOO_LARGE ? Kind.TOO_LARGE : Kind.UNREADABLE;
      throw new UnusableUploadException(kind, which + ": " + e.getMessage(), e);
    }
  }
}
