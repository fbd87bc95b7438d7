/**
 * Objects in an S3 store. Start with {@link dev.millrace.store.ObjectStore}; {@link
 * dev.millrace.store.MinioObjectStore} is the one for production.
 */
package dev.millrace.store;
