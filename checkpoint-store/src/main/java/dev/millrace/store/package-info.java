/**
 * Access to objects in an S3 store. Start with {@link dev.millrace.store.ObjectStore}; {@link
 * dev.millrace.store.MinioObjectStore} is the production implementation.
 */
package dev.millrace.store;
