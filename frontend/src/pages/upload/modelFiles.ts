/** How the files of models mostly end; apart, as pages ask for it that take no file apart. */
export const MODEL_FILES = [".joblib", ".pkl", ".pickle", ".skops", ".onnx"] as const;
