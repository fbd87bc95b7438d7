/**
 * Pictures as clients send them: as the body or in a form, with the right content type, a wrong one
 * or none. Begin with {@link dev.millrace.inference.upload.Upload}. The first bytes of a picture
 * decide what it is.
 */
package dev.millrace.inference.upload;
