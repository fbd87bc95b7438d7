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
 * @param files the file name of each picture in a form; null for those without
 */
public record Upload(List<DecodedImage> images, List<String> files) {

  /**
   * Reads and decodes the pictures of a body.
   *
   * @param declared the content type as received; null if there is none
   * @param maxImages the most pictures in a form
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

  /** Returns whether the body is raw pixels, which need no decoding. */
  public static boolean isRaw(byte[] body, String declared) {
    return UploadedPicture.isRaw(body, declared);
  }

  private static Upload single(byte[] content, String declared, String file) {
    List<String> files = new ArrayList<>();
    files.add(file);
    return new Upload(List.of(UploadedPicture.decode(content, declared)), files);
  }

  /** Decodes one of several pictures. Error messages contain its number or file name. */
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
