package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.Pixels;
import java.util.List;

/**
 * The decoded pictures of a dataset's folder.
 *
 * @param pixels of all pictures, in order; black for broken ones
 * @param broken the broken pictures, in order
 */
record DecodedPictures(Pixels pixels, List<BrokenPicture> broken) {}
