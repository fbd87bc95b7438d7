package dev.millrace.inference.security;

import io.grpc.ServerCall;

/**
 * Passes a call's events on once the call is started. No message can come earlier, since none is
 * requested before. Thread-safe.
 */
final class DeferredListener<Q> extends ServerCall.Listener<Q> {
  private ServerCall.Listener<Q> started;
  private boolean cancelled;
  private boolean halfClosed;

  synchronized void start(ServerCall.Listener<Q> listener) {
    started = listener;
    if (halfClosed) {
      listener.onHalfClose();
    }
    if (cancelled) {
      listener.onCancel();
    }
  }

  private synchronized ServerCall.Listener<Q> started() {
    return started;
  }

  @Override
  public void onMessage(Q message) {
    started().onMessage(message);
  }

  @Override
  public void onHalfClose() {
    synchronized (this) {
      halfClosed = true;
      if (started == null) {
        return;
      }
    }
    started().onHalfClose();
  }

  @Override
  public void onCancel() {
    synchronized (this) {
      cancelled = true;
      if (started == null) {
        return;
      }
    }
    started().onCancel();
  }

  @Override
  public void onComplete() {
    ServerCall.Listener<Q> listener = started();
    if (listener != null) {
      listener.onComplete();
    }
  }

  @Override
  public void onReady() {
    ServerCall.Listener<Q> listener = started();
    if (listener != null) {
      listener.onReady();
    }
  }
}
