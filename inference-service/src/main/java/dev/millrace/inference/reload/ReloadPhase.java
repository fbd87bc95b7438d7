package dev.millrace.inference.reload;

/** The parts of taking a checkpoint, in their order. */
public enum ReloadPhase {
  /** The weights come from the store and their hash is compared. */
  FETCH,
  /** The network is built and the probe replayed. */
  VERIFY,
  /** The network waits for its turn and takes over. */
  SWAP
}
