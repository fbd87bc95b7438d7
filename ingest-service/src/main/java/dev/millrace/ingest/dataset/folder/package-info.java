/**
 * Reads a folder of class folders of PNG and JPEG files. Begin with {@link
 * dev.millrace.ingest.dataset.folder.ImageFolder}. Decoded pictures are cached in a file.
 */
package dev.millrace.ingest.dataset.folder;
