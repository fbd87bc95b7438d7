/**
 * Datasets of labelled 32x32 images. Begin with {@link dev.millrace.ingest.dataset.Dataset}. The
 * subpackages read datasets from files; {@link dev.millrace.ingest.dataset.SyntheticDataset} draws
 * one.
 */
package dev.millrace.ingest.dataset;
