package dev.millrace.inference.predict;

/** The answer to a prediction, for one image or several. */
sealed interface Answer permits PredictionJson, PredictionsJson {}
