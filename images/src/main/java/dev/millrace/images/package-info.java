/**
 * From a picture's bytes to the network's pixels, the same way for a dataset's files and for a
 * client's uploads. Begin at {@link dev.millrace.images.ImageDecoder}: PNG, JPEG or raw bytes go
 * in, 3 × 32 × 32 bytes come out.
 */
package dev.millrace.images;
