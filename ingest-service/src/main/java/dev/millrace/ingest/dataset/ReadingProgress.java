package dev.millrace.ingest.dataset;

/** Receives the progress of reading a dataset, in words. */
public interface ReadingProgress {
  /** Ignores all progress. */
  ReadingProgress SILENT =
      new ReadingProgress() {
        @Override
        public void doing(String what) {}

        @Override
        public void remark(String what) {}

        @Override
        public void skipped(int pictures) {}
      };

  /** Reports the current activity. Called often. */
  void doing(String what);

  /** Reports something for the log, such as a broken picture or a folder that is not used. */
  void remark(String what);

  /** Reports the number of broken pictures that were left out. */
  void skipped(int pictures);
}
