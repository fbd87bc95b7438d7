/**
 * Reads CIFAR-10 and CIFAR-100 in their binary versions, and downloads them. Begin with {@link
 * dev.millrace.ingest.dataset.cifar.CifarFormat}.
 */
package dev.millrace.ingest.dataset.cifar;
