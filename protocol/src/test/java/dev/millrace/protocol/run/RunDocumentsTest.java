package dev.millrace.protocol.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.run.EpochMetrics.Speed;
import dev.millrace.protocol.run.RunReport.ClassResult;
import dev.millrace.protocol.run.RunReport.Mistake;
import dev.millrace.protocol.run.RunReport.Results;
import dev.millrace.protocol.run.RunReport.SplitResult;
import dev.millrace.protocol.run.RunReport.Subject;
import dev.millrace.protocol.run.RunReport.TestDetails;
import dev.millrace.protocol.run.TrainingEvent.Type;
import dev.millrace.protocol.stream.DatasetDescription;
import dev.millrace.protocol.stream.StreamDescription;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the exact JSON of the documents and events of a run, which other programs read. */
class RunDocumentsTest {
  private static final Instant NOON = Instant.parse("2026-12-01T12:00:00Z");
  private static final CheckpointMetrics METRICS = new CheckpointMetrics(1.5, .5, 1.25, .75);
  private static final String EPOCH_JSON =
      "{'schema':1,'epoch':2,'step':20,'trainLoss':1.5,'trainAccuracy':0.5,'validationLoss':1.25,"
          + "'validationAccuracy':0.75,'learningRate':0.01,'imagesPerSecond':800.0,'seconds':3.0,"
          + "'rejected':1,'nextOffsets':{'0':21}}";

  private static CheckpointManifest manifest(CheckpointMetrics metrics) {
    return CheckpointManifest.builder("r", 2, 20).stream("0123456789abcdef")
        .architecture("tinyimagenet")
        .dataset("cifar10")
        .recipe(new Recipe(7, "sgd", .9, .5, "one-cycle", .05, 12, 4, 1))
        .nextOffsets(Map.of(0, 21L))
        .progress(new EpochProgress(10, 1, 80, 120, 40, List.of("00"), true))
        .metrics(metrics)
        .normalization(Normalization.CIFAR10)
        .classes(List.of("a", "b"))
        .files(StoredFile.of("weights", new byte[] {1}), StoredFile.of("optimizer", new byte[0]))
        .probe(new Probe(new byte[] {9}, List.of(List.of(.5f, .25f))))
        .created(NOON)
        .build();
  }

  private static EpochMetrics epoch() {
    return EpochMetrics.of(2, 20, METRICS, new Speed(.01, 800, 3), 1, Map.of(0, 21L));
  }

  private static void assertJson(Object document, String json) {
    byte[] written = Json.bytes(document);
    assertThat(new String(written, UTF_8)).isEqualTo(json.replace('\'', '"'));
    assertThat(Json.read(written, document.getClass()))
        .usingRecursiveComparison()
        .isEqualTo(document);
  }

  @Test
  void manifest() {
    assertJson(
        manifest(METRICS),
        "{'schema':2,'id':'epoch-0000000002-step-0000000020','run':'r','stream':'0123456789abcdef',"
            + "'architecture':'tinyimagenet','dataset':'cifar10','recipe':{'seed':7,"
            + "'optimizer':'sgd','momentum':0.9,'weightDecay':0.5,'schedule':'one-cycle',"
            + "'learningRate':0.05,'epochs':12,'shards':4,'recordsPerStep':1},'epoch':2,'step':20,"
            + "'nextOffsets':{'0':21},'progress':{'batches':10,'rejected':1,'images':80,"
            + "'lossSum':120.0,'correct':40,'digests':['00'],'complete':true},"
            + "'metrics':{'trainLoss':1.5,'trainAccuracy':0.5,'validationLoss':1.25,"
            + "'validationAccuracy':0.75},'normalization':{'mean':[0.4914,0.4822,0.4465],"
            + "'std':[0.2471,0.2435,0.2616]},'classes':['a','b'],'weights':{'name':'weights',"
            + "'bytes':1,'sha256':"
            + "'4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a'},"
            + "'optimizer':{'name':'optimizer','bytes':0,'sha256':"
            + "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'},"
            + "'probe':{'images':'CQ==','logits':[[0.5,0.25]]},'created':'2026-12-01T12:00:00Z'}");
  }

  @Test
  void manifestInMidEpochHasNoMetrics() {
    assertThat(new String(Json.bytes(manifest(null)), UTF_8)).doesNotContain("metrics");
    assertThat(manifest(null).validationAccuracy()).isNull();
  }

  @Test
  void copyOfAManifestIsEqual() {
    CheckpointManifest manifest = manifest(METRICS);
    assertThat(manifest.toBuilder().build()).isEqualTo(manifest);
    assertThat(manifest.toBuilder().position(3, 30).build().id())
        .isEqualTo("epoch-0000000003-step-0000000030");
  }

  @Test
  void epochMetrics() {
    assertJson(epoch(), EPOCH_JSON);
  }

  @Test
  void progressEvent() {
    TrainingEvent event =
        TrainingEvent.builder(Type.PROGRESS, "r")
            .time(NOON)
            .epoch(2, 12)
            .step(15)
            .batch(5, 10)
            .training(1.5, .5)
            .validation(1.25, .75)
            .learningRate(.01)
            .speed(800, 9.0)
            .build();
    String position =
        "'run':'r','time':'2026-12-01T12:00:00Z','epoch':2,'epochs':12,'step':15,'batch':5,"
            + "'batches':10,'loss':1.5,'accuracy':0.5,'validationLoss':1.25,";
    assertJson(
        event,
        "{'schema':1,'type':'PROGRESS',"
            + position
            + "'validationAccuracy':0.75,'learningRate':0.01,'imagesPerSecond':800.0,"
            + "'etaSeconds':9.0}");
    assertJson(
        TrainingEvent.builder(Type.FINISHED, "r").time(NOON).after(event).testAccuracy(.7).build(),
        "{'schema':1,'type':'FINISHED',"
            + position
            + "'validationAccuracy':0.75,'testAccuracy':0.7}");
  }

  @Test
  void waitingEvent() {
    assertJson(
        TrainingEvent.waiting("ingest", null, NOON, "the trainers"),
        "{'schema':1,'type':'WAITING','time':'2026-12-01T12:00:00Z','epoch':0,'epochs':0,"
            + "'step':0,'batch':0,'batches':0,'message':'the trainers','service':'ingest'}");
  }

  @Test
  void report() {
    DatasetDescription dataset =
        new DatasetDescription("cifar10", "ab", List.of("a", "b"), Normalization.CIFAR10);
    StreamDescription stream =
        new StreamDescription(dataset, "none/1", 0, 8, "holdout", 80, 20, 10, 1);
    SplitResult test = SplitResult.of(10, 1.25, .7);
    RunReport report =
        RunReport.of(
            new Subject("r", "tinyimagenet", 12, stream),
            BestCheckpoint.of(manifest(METRICS)),
            new Results(SplitResult.of(80, 1.5, .5), SplitResult.of(20, 1.25, .75), test),
            new TestDetails(
                List.of(new ClassResult("a", 6, .5)),
                new int[][] {{3, 3}, {0, 4}},
                List.of(new Mistake(1, "a", "b", .9))),
            List.of(epoch()),
            NOON);
    assertJson(
        report,
        "{'schema':2,'run':'r','dataset':'cifar10','datasetDigest':'ab',"
            + "'architecture':'tinyimagenet','validation':'holdout','epochs':12,"
            + "'epochsTrained':2,'bestEpoch':2,'bestCheckpoint':'epoch-0000000002-step-0000000020',"
            + "'bestValidationAccuracy':0.75,'testAccuracy':0.7,'testErrorPercent':30.0,"
            + "'testLoss':1.25,'testImages':10,"
            + "'results':{'train':{'images':80,'loss':1.5,'accuracy':0.5,'errorPercent':50.0},"
            + "'validation':{'images':20,'loss':1.25,'accuracy':0.75,'errorPercent':25.0},"
            + "'test':{'images':10,'loss':1.25,'accuracy':0.7,'errorPercent':30.0}},"
            + "'classes':[{'name':'a','images':6,'accuracy':0.5}],'confusion':[[3,3],[0,4]],"
            + "'worstMistakes':[{'index':1,'true':'a','predicted':'b','probability':0.9}],"
            + "'history':["
            + EPOCH_JSON
            + "],'finished':'2026-12-01T12:00:00Z'}");
  }
}
