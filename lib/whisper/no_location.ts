/**
 * Imported by a worker before Transformers.js, whose ONNX runtime takes a worker of Deno for one of a browser if there is a
 * `location`, and fails on its URL.
 */
Reflect.deleteProperty(globalThis, "location");
