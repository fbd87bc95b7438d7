/**
 * The endpoint {@code POST /v1/predict}. Begin with {@link
 * dev.millrace.inference.predict.PredictResource}; {@link dev.millrace.inference.upload} reads the
 * pictures.
 */
package dev.millrace.inference.predict;
