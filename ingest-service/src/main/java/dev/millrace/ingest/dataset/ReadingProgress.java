package dev.millrace.ingest.dataset;

/** Receives the progress of reading a dataset, in words. */
public interface ReadingProgress {
  /** Ignores all progress. */
  ReadingProgress SILENT =
      new ReadingProgress() {
        @Override
        public void setState(String what) {}

        @Override
        public void warn(String what) {}

        @Override
        public void setSkipped(int pictures) {}
      };

  /** Reports the current activity. Called often. */
  void setState(String what);

  /** Reports something for the log, such as a broken picture or a folder that is not used. */
  void warn(String what);

  /** Reports the number of broken pictures that were left out. */
  void setSkipped(int pictures);
}
