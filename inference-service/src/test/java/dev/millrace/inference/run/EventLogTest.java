package dev.millrace.inference.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.run.EventLog.Event;
import dev.millrace.inference.run.EventLog.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventLogTest {
  private static final Runnable DEAF = () -> {};

  private final EventLog log = new EventLog("here", 3);

  @Test
  void aReaderTakesWhatComesAfterItBeganInOrder() {
    log.append("training", bytes("before"));
    Reader reader = log.reader(Optional.empty(), DEAF);
    log.append("training", bytes("first"));
    log.append("reload", bytes("second"));
    assertThat(taken(reader)).extracting(Event::type).containsExactly("training", "reload");
    assertThat(reader.next()).isEmpty();
  }

  @Test
  void aReaderThatComesBackGoesOnAfterTheLastEventItKnows() {
    log.append("training", bytes("known"));
    String known = log.lastId();
    log.append("training", bytes("missed"));
    assertThat(taken(log.reader(Optional.of(known), DEAF)))
        .extracting(event -> new String(event.data()))
        .containsExactly("missed");
  }

  @Test
  void aReaderThatWasTooSlowIsToldToBeginAnewAndGoesOnFromNow() {
    Reader slow = log.reader(Optional.empty(), DEAF);
    for (int i = 0; i < 4; i++) {
      log.append("training", bytes("lost"));
    }
    assertThat(taken(slow)).extracting(Event::type).containsExactly(EventLog.RESET);
    log.append("training", bytes("next"));
    assertThat(taken(slow)).extracting(event -> new String(event.data())).containsExactly("next");
  }

  @Test
  void aReaderAsFarBehindAsTheLogReachesMissesNothing() {
    Reader slow = log.reader(Optional.empty(), DEAF);
    for (int i = 0; i < 3; i++) {
      log.append("training", bytes("kept"));
    }
    assertThat(taken(slow)).hasSize(3).extracting(Event::type).containsOnly("training");
  }

  @Test
  void anIdOfAnotherProcessOrOfTheFutureOrNoIdAtAllMeansToBeginAnew() {
    log.append("training", bytes("any"));
    for (String id : List.of("there.1", "here.2", "here.x", "nonsense", "here.-3")) {
      assertThat(taken(log.reader(Optional.of(id), DEAF)))
          .as(id)
          .extracting(Event::type)
          .containsExactly(EventLog.RESET);
    }
  }

  @Test
  void readersAreToldThatThereIsNewsUntilTheyClose() {
    AtomicInteger news = new AtomicInteger();
    Reader reader = log.reader(Optional.empty(), news::incrementAndGet);
    log.append("training", bytes("any"));
    reader.close();
    log.append("training", bytes("any"));
    assertThat(news).hasValue(1);
  }

  private static List<Event> taken(Reader reader) {
    List<Event> events = new ArrayList<>();
    Stream.generate(reader::next)
        .takeWhile(Optional::isPresent)
        .forEach(event -> events.add(event.get()));
    return events;
  }

  private static byte[] bytes(String data) {
    return data.getBytes();
  }
}
