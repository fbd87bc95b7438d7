package dev.millrace.inference.predict;

/** What a prediction answers: of one image, or of several. */
sealed interface Answer permits PredictionJson, PredictionsJson {}
