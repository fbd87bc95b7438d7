package dev.millrace.inference.reload;

/** The phases of a reload, in order. */
public enum ReloadPhase {
  /** The weights are fetched and their hash is compared. */
  FETCH,
  /** The network is built and the probe replayed. */
  VERIFY,
  /** The network is swapped in. */
  SWAP
}
