package dev.millrace.trainer.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The colours and the font of all pictures. The colours are from the palette of Okabe and Ito,
 * which people with any kind of colour blindness can distinguish. A shape or a word always repeats
 * the meaning of a colour.
 */
final class Style {
  static final Color BLUE = new Color(0x0072B2);
  static final Color ORANGE = new Color(0xD55E00);
  static final Color GREEN = new Color(0x009E73);
  static final Color TEXT = new Color(0x1F2933);
  static final Color FAINT_TEXT = new Color(0x616E7C);
  static final Color LINE = new Color(0xD8DEE6);
  static final Color PAPER = Color.WHITE;

  /** A font from a library on the class path, so that the machine needs no fonts. */
  private static final String LIBERATION_SANS =
      "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";

  /** System property of Java's desktop module: the file that lists the fonts of the machine. */
  private static final String FONT_CONFIGURATION = "sun.awt.fontconfig";

  private static final Font FONT = load();

  private Style() {}

  static Font font(int size) {
    return FONT.deriveFont((float) size);
  }

  static Font bold(int size) {
    return FONT.deriveFont(Font.BOLD, size);
  }

  private static Font load() {
    System.setProperty("java.awt.headless", "true");
    try (InputStream font = Style.class.getResourceAsStream(LIBERATION_SANS)) {
      if (System.getProperty(FONT_CONFIGURATION) == null) {
        // Java calls fontconfig when it first uses a font and fails if there is none, as in a small
        // container. If this property names a file, Java does not call fontconfig.
        Path configuration = Files.createTempFile("millrace", ".properties");
        Files.writeString(configuration, "version=1\nsequence.allfonts=default\n");
        configuration.toFile().deleteOnExit();
        System.setProperty(FONT_CONFIGURATION, configuration.toString());
      }
      return Font.createFont(Font.TRUETYPE_FONT, font);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (FontFormatException e) {
      throw new IllegalStateException("cannot read the font " + LIBERATION_SANS, e);
    }
  }
}
