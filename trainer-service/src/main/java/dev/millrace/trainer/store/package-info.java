/**
 * Decorators of the object store: {@link dev.millrace.trainer.store.RetryingObjectStore} retries
 * while the store is unavailable, {@link dev.millrace.trainer.store.TracedObjectStore} records
 * spans.
 */
package dev.millrace.trainer.store;
