package dev.millrace.inference.security;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** Needs {@code MILLRACE_INFERENCE_PREDICT_TOKEN}, if that is set. */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
public @interface PredictToken {}
