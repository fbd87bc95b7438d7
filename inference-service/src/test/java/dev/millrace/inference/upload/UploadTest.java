package dev.millrace.inference.upload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.images.ImageDecoder;
import dev.millrace.images.UnusableImageException;
import dev.millrace.inference.upload.UnusableUploadException.Kind;
import dev.millrace.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first bytes decide what an upload is, whatever its sender declares. */
class UploadTest {
  private static final String FORM = "multipart/form-data; boundary=XX";
  private static final byte[] PNG = TestImages.png(32, 32);
  private static final byte[] JPEG = TestImages.jpeg(40, 30);

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "image/png",
        "image/jpeg",
        "image/jpg",
        "image/*",
        "*/*",
        "image/webp",
        "text/plain",
        "text/plain; charset=utf-8",
        "application/json",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        FORM,
        "not a type",
        "[]/png"
      })
  void aPictureIsTakenWhateverItsType(String declared) {
    assertPixels(PNG, PNG, declared);
    assertPixels(JPEG, JPEG, declared);
  }

  private static void assertPixels(byte[] picture, byte[] body, String declared) {
    Upload upload = Upload.read(body, declared, 4);
    assertThat(upload.images()).hasSize(1);
    assertThat(upload.images().get(0).pixels())
        .isEqualTo(ImageDecoder.decode(picture, "image/png").pixels());
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"application/octet-stream", "application/x-www-form-urlencoded", "*/*"})
  void rawPixelsStayPixelsUnlessTheyBeginLikeAPicture(String declared) {
    byte[] pixels = new byte[3072];
    Arrays.fill(pixels, (byte) 'B');
    pixels[1] = 'M';
    assertThat(Upload.isRaw(pixels, declared)).isTrue();
    assertThat(Upload.read(pixels, declared, 1).images().get(0).pixels()).isEqualTo(pixels);
    byte[] picture = Arrays.copyOf(PNG, 3072); // bytes behind its end
    assertThat(Upload.isRaw(picture, declared)).isFalse();
    assertPixels(PNG, picture, declared);
  }

  @Test
  void textOfThatLengthIsNoPixels() {
    byte[] text = "x".repeat(3072).getBytes(UTF_8);
    assertRefused(text, "text/plain", Kind.UNSUPPORTED_TYPE, "content type 'text/plain'");
    assertRefused(text, "image/png", Kind.UNREADABLE, "declared image/png, but the bytes are");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GIF89a.. | a GIF",
        "RIFF1234WEBPVP8 | a WebP",
        "0000ftypheic0000 | a HEIC",
        "0000ftypmif10000 | a HEIC",
        "0000ftypavif0000 | an AVIF",
        "0000ftypisom0000 | an MP4",
        "BM1234\\0\\0\\0\\0 | a BMP",
        "II*\\0 | a TIFF",
        "MM\\0* | a TIFF",
        "%PDF-1.7 | a PDF",
        "<svg xmlns='x'/> | an SVG",
        "<?xml version='1.0'?><!-- by hand --><svg> | an SVG",
        "<!DOCTYPE html><html> | an HTML page",
        "PK\\3\\4 | a ZIP",
        "\\37\\213\\10 | a gzip",
        "\\223NUMPY | a NumPy",
        "{\"image\":null} | JSON",
        "[[0,0,0]] | JSON",
        "data:image/png;base64,iVBORw0KGgo | a data URL",
        "image=@cat.png | --data-binary @FILE",
      })
  void anotherFormatIsNamedWithTheRemedy(String start, String name) {
    String text = start.translateEscapes();
    for (String declared : new String[] {null, "image/png", "text/plain"}) {
      assertRefused(text.getBytes(ISO_8859_1), declared, Kind.UNSUPPORTED_TYPE, name);
    }
  }

  @Test
  void aPictureThatIsDamagedOnItsWayIsNamed() {
    for (byte[] picture : List.of(PNG, JPEG)) {
      byte[] base64 = Base64.getEncoder().encode(picture);
      assertRefused(base64, "text/plain", Kind.UNSUPPORTED_TYPE, "Base64");
      byte[] asText = new String(picture, UTF_8).getBytes(UTF_8);
      assertRefused(asText, "image/png", Kind.UNSUPPORTED_TYPE, "read as text");
      byte[] asLatin = new String(picture, ISO_8859_1).getBytes(UTF_8);
      assertRefused(asLatin, "image/png", Kind.UNSUPPORTED_TYPE, "read as text");
    }
    byte[] stripped = new String(PNG, ISO_8859_1).replaceAll("[\r\n]", "").getBytes(ISO_8859_1);
    assertRefused(stripped, null, Kind.UNSUPPORTED_TYPE, "--data-binary");
  }

  @Test
  void nothingAndNoiseAreSaid() {
    assertRefused(new byte[0], null, Kind.EMPTY, "no image was sent");
    assertRefused(new byte[0], "image/png", Kind.EMPTY, "no image was sent");
    assertRefused(new byte[3071], null, Kind.UNREADABLE, "exactly 3072 bytes");
    assertRefused(new byte[3073], "application/octet-stream", Kind.UNREADABLE, "these are 3073");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=\"image\"; filename=\"x.png\"\r\nContent-Type: image/png",
        "name=\"image\"; filename=\"x.png\"",
        "name=\"image\"; filename=\"x.png\"\r\nContent-Type: application/octet-stream",
        "name=\"image\"; filename=\"x.png\"\r\nContent-Type: text/plain; charset=utf-8",
        "name=\"image\"; filename=\"x.png\"\r\nContent-Type: []/png",
        "name=\"image\"; filename=\"\"\r\nContent-Type: image/png",
        "name=\"image\"\r\nContent-Type: image/png",
        "name=\"image\"",
        "name=image",
        "name=\"image\"; filename=\"b\u00e4r.png\"",
        "name=\"image\"; filename*=UTF-8''b%C3%A4r.png",
        "name=\"image\"; filename=\"a;b.png\"\r\nContent-Transfer-Encoding: binary",
        "name=\"file\"; filename=\"x.png\"",
        "name=\"picture\"",
      })
  void aPartIsTakenWithTypeAndNameOrWithout(String head) {
    byte[] form = form(head, PNG);
    assertPixels(PNG, form, FORM);
    assertPixels(PNG, form, "multipart/form-data; boundary=\"XX\"");
    assertPixels(PNG, form, "multipart/form-data; charset=utf-8; BOUNDARY=XX");
    assertPixels(PNG, form, "multipart/form-data"); // as set by hand
    assertPixels(PNG, form, "image/png"); // likewise
    assertPixels(PNG, form, null);
    assertPixels(PNG, Arrays.copyOf(form, form.length - 2), FORM); // no line end at the end
  }

  @Test
  void rawPixelsMayBeAPart() {
    byte[] pixels = new byte[3072];
    Arrays.fill(pixels, (byte) '-');
    pixels[100] = '\r';
    pixels[101] = '\n';
    byte[] form = form("name=\"image\"; filename=\"x\"", pixels);
    assertThat(Upload.read(form, FORM, 1).images().get(0).pixels()).isEqualTo(pixels);
  }

  @Test
  void anotherFieldIsTakenIfItIsTheOnlyPicture() {
    byte[] form = forms("name=\"top\"", "null".getBytes(UTF_8), "name=\"file\"", PNG);
    assertPixels(PNG, form, FORM);
    byte[] both = forms("name=\"file\"; filename=\"a\"", JPEG, "name=\"image\"", PNG);
    assertPixels(PNG, both, FORM);
  }

  @Test
  void ofSeveralOtherFieldsNoneIsGuessed() {
    byte[] form = forms("name=\"cat\"; filename=\"a\"", PNG, "name=\"dog\"; filename=\"b\"", PNG);
    assertRefused(form, FORM, Kind.FORM, "no field 'image'");
    assertRefused(form, FORM, Kind.FORM, "it has 'cat', 'dog'");
    byte[] texts = forms("name=\"a\"", "1".getBytes(UTF_8), "name=\"b\"", "2".getBytes(UTF_8));
    assertRefused(texts, FORM, Kind.FORM, "it has 'a', 'b'");
  }

  @Test
  void severalImagesKeepTheirOrderAndTheBadOneIsNamed() {
    byte[] form = forms("name=\"image\"; filename=\"a.png\"", PNG, "name=\"image\"", JPEG);
    Upload upload = Upload.read(form, FORM, 2);
    assertThat(upload.files()).containsExactly("a.png", null);
    assertThat(upload.images().get(1).pixels())
        .isEqualTo(ImageDecoder.decode(JPEG, "image/jpeg").pixels());
    assertRefused(form, FORM, 1, Kind.FORM, "2 images; at most 1");
    byte[] gif = "GIF89a".getBytes(UTF_8);
    byte[] mixed = forms("name=\"image\"", PNG, "name=\"image\"; filename=\"b.gif\"", gif);
    assertRefused(mixed, FORM, Kind.UNSUPPORTED_TYPE, "b.gif: the bytes are a GIF");
    byte[] unnamed = forms("name=\"image\"", PNG, "name=\"image\"", gif);
    assertRefused(unnamed, FORM, Kind.UNSUPPORTED_TYPE, "image 2: the bytes are a GIF");
    byte[] half = Arrays.copyOf(PNG, PNG.length / 2);
    byte[] damaged = forms("name=\"image\"", half, "name=\"image\"", PNG);
    assertRefused(damaged, FORM, Kind.UNREADABLE, "image 1: the PNG is damaged");
  }

  @Test
  void aPartWithoutAPictureIsRefusedForWhatItIs() {
    assertRefused(form("name=\"image\"; filename=\"\"", new byte[0]), FORM, Kind.EMPTY, "no image");
    assertRefused(form("name=\"image\"", "null".getBytes(UTF_8)), FORM, Kind.UNREADABLE, "3072");
    assertRefused(
        form("name=\"image\"", "@cat.png".getBytes(UTF_8)), FORM, Kind.UNREADABLE, "neither");
  }

  @Test
  void aBrokenFormIsRefused() {
    byte[] whole = form("name=\"image\"; filename=\"x.png\"", PNG);
    for (int length = 0; length < whole.length - "--\r\n".length(); length += 7) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Upload.read(cut, FORM, 4))
          .as("%d of %d bytes", cut.length, whole.length)
          .isInstanceOfSatisfying(
              UnusableUploadException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FORM));
    }
    assertRefused("text".getBytes(UTF_8), "multipart/form-data", Kind.FORM, "has no boundary");
    assertRefused(whole, "multipart/form-data; boundary=YY", Kind.FORM, "form");
    assertRefused(
        "--XX\r\nContent-Disposition\r\n\r\nx\r\n--XX--\r\n".getBytes(UTF_8), FORM, Kind.FORM, "");
    byte[] encoded =
        form("name=\"image\"; filename=\"x\"\r\nContent-Transfer-Encoding: base64", PNG);
    assertRefused(encoded, FORM, Kind.FORM, "base64");
  }

  @Test
  void aFormOfManyPartsIsRefusedForItsNumberOfImages() {
    byte[][] parts = Collections.nCopies(300, PNG).toArray(byte[][]::new);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      byte[] form = form("name=\"image\"", part);
      out.write(form, 0, form.length - "--XX--\r\n".length());
    }
    out.writeBytes("--XX--\r\n".getBytes(UTF_8));
    assertRefused(out.toByteArray(), FORM, Kind.FORM, "300 images; at most 4");
  }

  @Test
  void aDamagedPictureKeepsTheDecodersError() {
    byte[] half = Arrays.copyOf(PNG, PNG.length / 2);
    assertThatThrownBy(() -> Upload.read(half, "text/plain", 1))
        .isInstanceOf(UnusableImageException.class)
        .hasMessageContaining("the PNG is damaged");
  }

  private static void assertRefused(byte[] body, String declared, Kind kind, String says) {
    assertRefused(body, declared, 4, kind, says);
  }

  private static void assertRefused(
      byte[] body, String declared, int maxImages, Kind kind, String says) {
    UnusableUploadException refused =
        catchThrowableOfType(
            UnusableUploadException.class, () -> Upload.read(body, declared, maxImages));
    assertThat(refused).as(declared).isNotNull().hasMessageContaining(says);
    assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
  }

  private static byte[] form(String head, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String before = "--XX\r\nContent-Disposition: form-data; " + head + "\r\n\r\n";
    out.writeBytes(before.getBytes(UTF_8));
    out.writeBytes(content);
    out.writeBytes("\r\n--XX--\r\n".getBytes(UTF_8));
    return out.toByteArray();
  }

  private static byte[] forms(String head1, byte[] content1, String head2, byte[] content2) {
    byte[] first = form(head1, content1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(first, 0, first.length - "--XX--\r\n".length());
    out.writeBytes(form(head2, content2));
    return out.toByteArray();
  }
}
