/**
 * Decoding of pictures to the pixels of the network, identical for the files of a dataset and for
 * the uploads of clients. Start with {@link dev.millrace.images.ImageDecoder}: the input is a PNG,
 * a JPEG or raw bytes, the output is 3 × 32 × 32 bytes.
 */
package dev.millrace.images;
