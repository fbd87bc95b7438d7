package dev.millrace.protocol;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Orders names by the numbers in them, such as {@code epoch-9.json} before {@code epoch-10.json}.
 * So names of earlier versions, which wrote numbers with fewer digits, stay in their order. Names
 * that differ in leading zeros only are ordered as text. Immutable.
 */
public final class NumberOrder implements Comparator<String> {
  public static final NumberOrder INSTANCE = new NumberOrder();

  private static final Pattern PART = Pattern.compile("0*(\\d+)|\\D+");

  private NumberOrder() {}

  @Override
  public int compare(String a, String b) {
    Matcher left = PART.matcher(a);
    Matcher right = PART.matcher(b);
    while (left.find()) {
      if (!right.find()) {
        return 1;
      }
      int order = compare(left, right);
      if (order != 0) {
        return order;
      }
    }
    return right.find() ? -1 : a.compareTo(b);
  }

  /** Compares two parts: numbers by their length without zeros and then as text. */
  private static int compare(Matcher left, Matcher right) {
    String a = left.group(1);
    String b = right.group(1);
    if (a == null || b == null) {
      return left.group().compareTo(right.group());
    }
    return a.length() == b.length() ? a.compareTo(b) : Integer.compare(a.length(), b.length());
  }
}
