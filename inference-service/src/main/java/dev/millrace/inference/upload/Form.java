package dev.millrace.inference.upload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.inference.upload.UnusableUploadException.Kind;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpData;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads a body of {@code multipart/form-data}. Every part is bytes. The file name and the content
 * type are optional, since clients omit them.
 */
final class Form {
  /** The name of the field for pictures. */
  static final String FIELD = "image";

  private static final int MAX_PARTS = 4096;
  private static final int LOOKED_AT = 1024;
  private static final Pattern BOUNDARY =
      Pattern.compile(";\\s*boundary\\s*=\\s*(\"[^\"]+\"|[^\\s;\"]+)", Pattern.CASE_INSENSITIVE);
  private static final Pattern FIRST_PART =
      Pattern.compile(
          "(\r?\n)*--(?<boundary>[^\r\n]{1,200})\r?\n.*?content-disposition: *form-data.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /**
   * A part of the form.
   *
   * @param file the file name; null if there is none
   * @param type the content type; null if there is none
   */
  record Part(String field, String file, String type, byte[] content) {}

  private Form() {}

  /** Returns whether a body is a form, by its content type or by its first bytes. */
  static boolean is(byte[] body, String declared) {
    return isDeclared(declared) || firstPart(body).matches();
  }

  private static boolean isDeclared(String declared) {
    return declared != null && declared.strip().toLowerCase(Locale.ROOT).startsWith("multipart/");
  }

  private static Matcher firstPart(byte[] body) {
    return FIRST_PART.matcher(new String(body, 0, Math.min(body.length, LOOKED_AT), ISO_8859_1));
  }

  /**
   * Finds the parts with pictures.
   *
   * @return the parts of the field {@code image}, or the only part of the form
   * @throws UnusableUploadException if there is no such part or the choice is ambiguous
   */
  static List<Part> pictures(byte[] body, String declared) {
    List<Part> parts = parts(body, boundary(body, declared));
    List<Part> named = parts.stream().filter(part -> FIELD.equals(part.field)).toList();
    if (!named.isEmpty()) {
      return named;
    }
    List<Part> files =
        parts.size() == 1 ? parts : parts.stream().filter(Form::looksLikeFile).toList();
    if (files.size() == 1) {
      return files;
    }
    throw new UnusableUploadException(
        Kind.FORM,
        parts.isEmpty()
            ? "the form has no part; send the picture in its field 'image'"
            : "the form has no field 'image', and the picture is looked for there; it has %s"
                .formatted(
                    parts.stream()
                        .map(part -> "'" + part.field + "'")
                        .distinct()
                        .limit(10)
                        .collect(Collectors.joining(", "))));
  }

  private static boolean looksLikeFile(Part part) {
    return part.file != null || UploadedPicture.isPicture(part.content);
  }

  /**
   * Returns the boundary in the content type, else in the first line. Content types set by hand
   * often have none.
   */
  private static String boundary(byte[] body, String declared) {
    Matcher header = BOUNDARY.matcher(declared == null ? "" : declared);
    if (isDeclared(declared) && header.find()) {
      return header.group(1).replace("\"", "");
    }
    Matcher first = firstPart(body);
    if (first.matches()) {
      return first.group("boundary").stripTrailing();
    }
    throw new UnusableUploadException(
        Kind.FORM,
        "the content type '%s' has no boundary, and the body does not begin like a form; let your HTTP client set the content type"
            .formatted(declared));
  }

  private static List<Part> parts(byte[] body, String boundary) {
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
    head.headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "multipart/form-data; boundary=\"" + boundary + '"');
    HttpPostMultipartRequestDecoder decoder = null;
    try {
      decoder =
          new HttpPostMultipartRequestDecoder(
              new DefaultHttpDataFactory(false), head, UTF_8, MAX_PARTS, Integer.MAX_VALUE);
      decoder.offer(new DefaultLastHttpContent(Unpooled.wrappedBuffer(body)));
      List<Part> parts = new ArrayList<>();
      for (InterfaceHttpData data : decoder.getBodyHttpDatas()) {
        parts.add(part((HttpData) data));
      }
      if (decoder.currentPartialHttpData() != null) {
        throw broken("it ends inside a part", null);
      }
      return parts;
    } catch (IOException e) {
      throw broken(e.getMessage(), e);
    } catch (UnusableUploadException e) {
      throw e;
    } catch (RuntimeException e) {
      // On damaged parts the decoder throws other exceptions than its own.
      throw broken(e.getMessage(), e);
    } finally {
      if (decoder != null) {
        decoder.destroy();
      }
    }
  }

  private static Part part(HttpData data) throws IOException {
    return data instanceof FileUpload file
        ? new Part(file.getName(), file.getFilename(), file.getContentType(), file.get())
        : new Part(data.getName(), null, null, data.get());
  }

  private static UnusableUploadException broken(String why, Throwable cause) {
    return new UnusableUploadException(Kind.FORM, "the form is malformed: " + why, cause);
  }
}
