package dev.millrace.inference;

/** What a prediction answers: of one image, or of several. */
sealed interface Answer permits PredictionJson, PredictionsJson {}
