package dev.millrace.ingest.dataset;

/** Hears, in words for people, how the reading of a dataset goes. */
public interface ReadingProgress {
  /** Hears nothing. */
  ReadingProgress SILENT =
      new ReadingProgress() {
        @Override
        public void doing(String what) {}

        @Override
        public void remark(String what) {}

        @Override
        public void skipped(int pictures) {}
      };

  /** What is being done now. Said often. */
  void doing(String what);

  /** What the reader of a log should know: pictures that are broken, folders that are not used. */
  void remark(String what);

  /** How many broken pictures were left out. */
  void skipped(int pictures);
}
