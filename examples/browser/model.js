// An exported model: the network in an ONNX file, and the description of its stream beside it.

import * as ort from "./onnxruntime/ort.wasm.min.mjs";

ort.env.wasm.numThreads = 1; // more threads need a page that is isolated from others
ort.env.wasm.wasmPaths = new URL("./onnxruntime/", import.meta.url).href;

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`expected ${url}, got ${response.status} ${response.statusText}`);
  }
  return response;
}

async function sha256(content) {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function loadModel(url) {
  const described = await (await fetched(url.replace(/\.onnx$/, ".json"))).json();
  if (!described.stream) {
    throw new Error(`expected a model that eegzoo export --stream wrote, got ${url} without a stream`);
  }
  const content = await (await fetched(url)).arrayBuffer();
  // Browsers have crypto.subtle on localhost and over https only.
  if (crypto.subtle && (await sha256(content)) !== described.onnx_sha256) {
    throw new Error(`expected ${url} and its JSON file of one export, got those of two`);
  }
  const session = await ort.InferenceSession.create(content);
  return {
    stream: described.stream,
    labels: described.stream.labels,
    async probabilities({ microvolts, shape }) {
      const input = { [described.input]: new ort.Tensor("float32", microvolts, shape) };
      return [...(await session.run(input))[described.output].data];
    },
  };
}
