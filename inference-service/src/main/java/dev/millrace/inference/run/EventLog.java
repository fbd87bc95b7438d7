package dev.millrace.inference.run;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A ring of the newest events of this process, with increasing numbers. Every reader has its own
 * position and pulls events, so that slow readers neither block others nor use memory. A reader
 * that is too far behind, or whose position is from another process, gets a {@link #RESET}.
 * Thread-safe.
 */
public final class EventLog {
  /** The type of the event that tells a reader to take a new snapshot, since it missed events. */
  public static final String RESET = "reset";

  private static final String SEPARATOR = ".";

  /**
   * An event.
   *
   * @param id the id of the event, and the position after it
   * @param data JSON
   */
  public record Event(String id, String type, byte[] data) {}

  private final String process;

  /** Event n is at index n modulo the length; guarded by this. */
  private final Event[] newest;

  private final Set<Reader> readers = ConcurrentHashMap.newKeySet();

  /** The number of the last event; guarded by this. */
  private long last;

  /**
   * Creates an empty log.
   *
   * @param process distinguishes the ids of this log from those of an earlier process
   * @param capacity how many events a reader may be behind
   */
  public EventLog(String process, int capacity) {
    this.process = process;
    this.newest = new Event[capacity];
  }

  /** Returns the position after all events so far. */
  public synchronized String lastId() {
    return process + SEPARATOR + last;
  }

  /** Appends an event and notifies all readers. Does not block. */
  public void append(String type, byte[] json) {
    synchronized (this) {
      last++;
      newest[index(last)] = new Event(lastId(), type, json);
    }
    readers.forEach(reader -> reader.news.run());
  }

  /**
   * Creates a reader.
   *
   * @param after the id of the last known event; empty for new events only
   * @param news called after every event by the thread that appends; must not block
   */
  public synchronized Reader reader(Optional<String> after, Runnable news) {
    Reader reader = new Reader(after.map(this::place).orElse(last), news);
    readers.add(reader);
    return reader;
  }

  /** Returns the number in an id; -1 if the id is not from this log. */
  private long place(String id) {
    String prefix = process + SEPARATOR;
    if (!id.startsWith(prefix)) {
      return -1;
    }
    try {
      long number = Long.parseLong(id.substring(prefix.length()));
      return number <= last ? number : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private synchronized Optional<Event> after(Reader reader) {
    if (reader.place == last) {
      return Optional.empty();
    }
    long behind = last - reader.place;
    if (reader.place < 0 || behind > newest.length) {
      reader.place = last;
      return Optional.of(new Event(lastId(), RESET, "{}".getBytes()));
    }
    reader.place++;
    return Optional.of(newest[index(reader.place)]);
  }

  private int index(long number) {
    return (int) (number % newest.length);
  }

  /** A position in the log. Not thread-safe. */
  public final class Reader implements AutoCloseable {
    private final Runnable news;

    /** The number of the last event taken; guarded by the log. */
    private long place;

    private Reader(long place, Runnable news) {
      this.place = place;
      this.news = news;
    }

    /** Returns the next event; empty if there is none yet. */
    public Optional<Event> next() {
      return after(this);
    }

    @Override
    public void close() {
      readers.remove(this);
    }
  }
}
