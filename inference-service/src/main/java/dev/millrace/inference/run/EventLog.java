package dev.millrace.inference.run;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The newest events of this process, numbered. Every reader has its own place and takes events when
 * it can, so that a slow one holds up nobody and costs no memory; one that was too slow, or comes
 * from another process, is told to begin anew. Thread-safe.
 */
public final class EventLog {
  /** The type of the event that says: what you know is incomplete, take a new snapshot. */
  public static final String RESET = "reset";

  private static final String SEPARATOR = ".";

  /**
   * @param id names the event in this log; the place to go on from after it
   * @param data JSON
   */
  public record Event(String id, String type, byte[] data) {}

  private final String process;

  /** The event of a number is at its remainder; guarded by this. */
  private final Event[] newest;

  private final Set<Reader> readers = ConcurrentHashMap.newKeySet();

  /** The number of the last event; guarded by this. */
  private long last;

  /**
   * @param process tells this log's ids from those of an earlier process
   * @param capacity how many events a reader may be behind
   */
  public EventLog(String process, int capacity) {
    this.process = process;
    this.newest = new Event[capacity];
  }

  /** The place after all events so far. */
  public synchronized String lastId() {
    return process + SEPARATOR + last;
  }

  /** Returns at once, however many readers there are. */
  public void append(String type, byte[] json) {
    synchronized (this) {
      last++;
      newest[index(last)] = new Event(lastId(), type, json);
    }
    readers.forEach(reader -> reader.news.run());
  }

  /**
   * @param after the id of the last event that is known already; empty to begin with those to come
   * @param news called after every event, from the thread that appends; must return at once
   */
  public synchronized Reader reader(Optional<String> after, Runnable news) {
    Reader reader = new Reader(after.map(this::place).orElse(last), news);
    readers.add(reader);
    return reader;
  }

  /** The number in an id; -1 if it is none of this log's. */
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

  /** A place in the log. Used by one thread at a time. */
  public final class Reader implements AutoCloseable {
    private final Runnable news;

    /** The number of the last event taken; guarded by the log. */
    private long place;

    private Reader(long place, Runnable news) {
      this.place = place;
      this.news = news;
    }

    /** The next event; empty if there is none yet. */
    public Optional<Event> next() {
      return after(this);
    }

    @Override
    public void close() {
      readers.remove(this);
    }
  }
}
