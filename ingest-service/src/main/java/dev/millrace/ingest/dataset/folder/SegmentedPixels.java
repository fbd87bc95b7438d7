package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.Pixels;
import dev.millrace.protocol.stream.Minibatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/** Images in several buffers, since a buffer holds at most 2 GB. */
final class SegmentedPixels implements Pixels {
  private static final int SEGMENT_IMAGES = 1 << 16;

  private final ByteBuffer[] segments;

  private SegmentedPixels(ByteBuffer[] segments) {
    this.segments = segments;
  }

  private interface Maker {
    ByteBuffer segment(long position, int bytes) throws IOException;
  }

  /** Creates black images in the heap, to be replaced with {@link #put}. */
  static SegmentedPixels inHeap(int images) {
    try {
      return make(images, (position, bytes) -> ByteBuffer.allocate(bytes));
    } catch (IOException e) {
      throw new IllegalStateException("nothing is read", e);
    }
  }

  /** Copies the images of a file into the heap. */
  static SegmentedPixels read(FileChannel file, int images) throws IOException {
    return make(images, (position, bytes) -> read(file, position, bytes));
  }

  /** Maps the images of a file; they are read through the operating system's cache. */
  static SegmentedPixels map(FileChannel file, int images) throws IOException {
    return make(images, (position, bytes) -> file.map(MapMode.READ_ONLY, position, bytes));
  }

  private static SegmentedPixels make(int images, Maker maker) throws IOException {
    ByteBuffer[] segments = new ByteBuffer[(images + SEGMENT_IMAGES - 1) / SEGMENT_IMAGES];
    for (int i = 0; i < segments.length; i++) {
      int count = Math.min(SEGMENT_IMAGES, images - i * SEGMENT_IMAGES);
      long position = (long) i * SEGMENT_IMAGES * Minibatch.IMAGE_BYTES;
      segments[i] = maker.segment(position, count * Minibatch.IMAGE_BYTES);
    }
    return new SegmentedPixels(segments);
  }

  private static ByteBuffer read(FileChannel file, long position, int bytes) throws IOException {
    ByteBuffer segment = ByteBuffer.allocate(bytes);
    while (segment.hasRemaining()) {
      if (file.read(segment, position + segment.position()) < 0) {
        throw new EOFException("file ends after %d bytes".formatted(position + segment.position()));
      }
    }
    return segment;
  }

  @Override
  public void copy(int image, byte[] to, int at) {
    segments[image / SEGMENT_IMAGES].get(place(image), to, at, Minibatch.IMAGE_BYTES);
  }

  /** Stores one image. Several threads may store different images at the same time. */
  void put(int image, byte[] pixels) {
    segments[image / SEGMENT_IMAGES].put(place(image), pixels);
  }

  private static int place(int image) {
    return image % SEGMENT_IMAGES * Minibatch.IMAGE_BYTES;
  }
}
