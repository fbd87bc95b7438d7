package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.Pixels;
import java.util.List;

/**
 * All pictures of a dataset's folder.
 *
 * @param pixels of the pictures in their order; black for broken ones
 * @param broken in their order
 */
record DecodedPictures(Pixels pixels, List<BrokenPicture> broken) {}
