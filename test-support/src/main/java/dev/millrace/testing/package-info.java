/** What the services' tests run: a real broker and the built services, each as a process. */
package dev.millrace.testing;
